// Every optional dependency that the lock file names must be in it, or `npm ci` fails elsewhere; and no download address may be.
const fs = require('node:fs');
const path = require('node:path');

const lockFile = path.resolve(__dirname, '..', process.argv[2] ?? 'package-lock.json');
const text = fs.readFileSync(lockFile, 'utf8');
const packages = JSON.parse(text).packages;

function isLocked(owner, name) {
  for (let place = owner; ; place = place.slice(0, Math.max(0, place.lastIndexOf('/node_modules/')))) {
    if (packages[`${place === '' ? '' : `${place}/`}node_modules/${name}`]?.version) return true;
    if (place === '') return false;
  }
}

const complaints = Object.entries(packages).flatMap(([place, entry]) =>
  Object.keys(entry.optionalDependencies ?? {})
    .filter((name) => !isLocked(place, name))
    .map((name) => `${place}@${entry.version} names ${name}, which the lock file lacks`),
);
if (/"resolved": *"https?:/.test(text)) complaints.push('the lock file names a registry host');
if (complaints.length > 0) {
  console.error(complaints.join('\n'));
  process.exit(1);
}
