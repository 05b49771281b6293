'use strict';

const { Unreachable } = require('./problems');

/** Characters that one message may have. */
const largestMessage = 16 * 1_048_576;

/** Reads Server-Sent Events (HTML Living Standard, 9.2) out of pieces of text. What is cut off counts for nothing; it comes again. */
class EventReader {
  rest = '';

  *take(chunk) {
    const parts = (this.rest + chunk).split('\n\n');
    this.rest = parts.pop();
    if (this.rest.length > largestMessage) throw new Unreachable('The service sent a message without an end.');
    for (const part of parts) {
      const message = read(part);
      if (message !== undefined) yield message;
    }
  }
}

function read(part) {
  const fields = new Map();
  for (const line of part.split('\n')) {
    const colon = line.indexOf(':');
    if (colon <= 0) continue;
    const [name, value] = [line.slice(0, colon), line.slice(colon + 1).replace(/^ /, '')];
    fields.set(name, name === 'data' && fields.has('data') ? `${fields.get('data')}\n${value}` : value);
  }
  // An id without data only moves the place at which to resume.
  if (!fields.has('data')) return fields.has('id') ? { id: fields.get('id') } : undefined;
  return { event: fields.get('event') ?? 'message', id: fields.get('id'), data: dataOf(fields.get('data')) };
}

function dataOf(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Unreachable('The service sent a message that is no JSON.');
  }
}

module.exports = { EventReader };
