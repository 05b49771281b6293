'use strict';

/** A message that cannot be served as it is: what is wrong with it, and what to do. */
class BadInput extends Error {
  constructor(message, violations = []) {
    super(message);
    this.code = 'bad-input';
    this.violations = violations;
  }
}

/** The service refuses, and says why (RFC 9457). */
class Refused extends Error {
  constructor(status, { type, title, detail, violations: given } = {}) {
    const violations = Array.isArray(given) ? given.filter((one) => one !== null && typeof one === 'object') : [];
    const text = detail ?? title ?? `The service answered with status ${status}.`;
    super(violations.length === 0 ? text : `${text} ${violations.map(lineOf).join('; ')}`);
    this.code = typeof type === 'string' ? type.split('/').pop() : 'refused';
    this.status = status;
    this.detail = text;
    this.violations = violations;
  }
}

/** The service cannot be reached at the moment, or asks to come later. */
class Unreachable extends Error {
  constructor(message, retryAfter = 0) {
    super(message);
    this.code = 'unreachable';
    this.retryAfter = retryAfter;
  }
}

const lineOf = ({ path, message }) => `${path}: ${message}`;

/** What a flow finds in `msg.problem`. */
function problemOf(error, more = {}) {
  const { code = 'failed', status, message, violations = [] } = error;
  return {
    code,
    ...(status === undefined ? {} : { status }),
    message,
    violations: violations.map(({ path, code: kind, message: text }) => ({ path, code: kind, message: text })),
    ...more,
  };
}

module.exports = { BadInput, Refused, Unreachable, problemOf };
