// Validates XML against a schema in a process of its own, because the validator is an ES module with WebAssembly inside.
import { readFileSync } from 'node:fs';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';

const { schema, documents } = JSON.parse(readFileSync(0, 'utf8'));
const parsed = XmlDocument.fromString(schema);
const validator = XsdValidator.fromDoc(parsed);
const faults = documents.map((text) => {
  try {
    const document = XmlDocument.fromString(text);
    try {
      validator.validate(document);
      return '';
    } finally {
      document.dispose();
    }
  } catch (error) {
    return String(error.message);
  }
});
process.stdout.write(JSON.stringify(faults));
