'use strict';

const { deadline } = require('./deadline');
const { follow, persist, sleep } = require('./follow');
const { isFields } = require('./node-kit');
const { Refused, Unreachable } = require('./problems');

/** Milliseconds beyond the time to live of a command after which its end is not waited for any more. */
const grace = 600_000;
const defaultTimeToLive = 3_600;
/** Milliseconds that the read models of the service may be behind. */
const readModelPatience = 5_000;

/** One command on its way: scheduled once however often it is tried, then followed to its end. */
class CommandRun {
  constructor(api, entry, { signal, save, onChange, onWaiting, onReached }) {
    Object.assign(this, { api, entry, signal, save, onChange, onWaiting, onReached });
    const { timeToLive = defaultTimeToLive, notBefore } = entry.asked;
    this.begin = Math.max(entry.at, notBefore === undefined ? 0 : Date.parse(notBefore));
    this.scheduleUntil = this.begin + timeToLive * 1_000;
    this.giveUpAt = this.scheduleUntil + grace;
  }

  /** The row of the answered command; rejects when it comes to another end. */
  async result() {
    if (this.entry.callId === undefined) await this.schedule();
    const row = await this.end();
    if (row.status === 'Answered') return row;
    throw endedOtherwise(row);
  }

  /** The key of the entry makes a repetition harmless: the service answers it with the command that it has. */
  async schedule() {
    const { identity, ...asked } = this.entry.asked;
    const path = `/api/charge-boxes/${encodeURIComponent(identity)}/commands`;
    const { body: row } = await persist(
      () => {
        const body = { ...asked, ...this.restOfTime(), idempotencyKey: this.entry.key };
        return this.api.call('POST', path, { body, signal: this.signal });
      },
      { signal: this.signal, until: this.scheduleUntil, onRetry: ({ message }) => this.onWaiting(message) },
    );
    this.onReached();
    this.entry.callId = row.callId;
    await this.save();
  }

  /** The time to live counts from when the flow asked, however late the service hears of it. */
  restOfTime() {
    const { command, identity, timeToLive = defaultTimeToLive } = this.entry.asked;
    const rest = Math.ceil((this.scheduleUntil - Math.max(Date.now(), this.begin)) / 1_000);
    if (rest <= 0) throw tooOld(command, identity);
    return rest < timeToLive ? { timeToLive: rest } : {};
  }

  async end() {
    const over = deadline(this.giveUpAt, this.signal);
    try {
      return await this.endBefore(over.signal);
    } finally {
      over.clear();
    }
  }

  async endBefore(over) {
    const { callId } = this.entry;
    const onLost = ({ message }) => this.onWaiting(message);
    let status;
    for await (const { event, data } of follow(this.api, '/api/feeds/commands', {
      query: { id: callId },
      signal: over,
      onLost,
      onOpen: () => this.onReached(),
    })) {
      if (event === 'row' && isFields(data?.row)) {
        const { row } = data;
        if (row.status !== status) this.onChange(row);
        status = row.status;
        if (row.settledAt !== undefined) return row;
      } else if (event === 'caught-up' && status === undefined) await this.requireKnown(callId);
    }
    throw new Unreachable('Nothing was heard of the command any more.');
  }

  /** A history that was lost must not be waited for. */
  async requireKnown(callId) {
    const ask = () => this.api.call('GET', `/api/commands/${encodeURIComponent(callId)}`, { signal: this.signal });
    for (const end = Date.now() + readModelPatience; ; await sleep(250, this.signal)) {
      try {
        return await ask();
      } catch (error) {
        if (error instanceof Unreachable) return undefined;
        if (!(error instanceof Refused) || Date.now() > end || this.signal.aborted) throw error;
      }
    }
  }

  about({ operation, identity, url, data, callId, status }) {
    return {
      command: operation,
      chargeBoxIdentity: identity,
      ...(url === undefined ? {} : { url }),
      data,
      callId,
      status,
    };
  }

  /** The message of the flow with the fields of the response. */
  answer(msg, row) {
    msg.ocpp = this.about(row);
    msg.payload = row.response;
    Reflect.deleteProperty(msg, 'problem');
    return msg;
  }

  progress(msg, row) {
    const { status, waitsBecause, retryAt } = row;
    msg.ocpp = this.about(row);
    msg.payload = {
      status,
      ...(waitsBecause === undefined ? {} : { waitsBecause }),
      ...(retryAt === undefined ? {} : { retryAt }),
    };
    return msg;
  }
}

/** An earlier try may have reached the service, and its answer been lost. */
function tooOld(command, identity) {
  const error = new Error(
    `${command} for ${identity} was not scheduled within its time to live. Look at the commands of the charge box before you send it again: a try whose answer was lost may have reached the service.`,
  );
  error.code = 'command-expired';
  error.outcome = { outcomeUnknown: true };
  return error;
}

function endedOtherwise(row) {
  const { operation, identity, status, failure, outcomeUnknown } = row;
  const unknown = outcomeUnknown === true ? ' It was sent, and nobody knows what became of it.' : '';
  const error = new Error(
    `${operation} for ${identity}: ${status}${failure === undefined ? '.' : `: ${failure.detail}`}${unknown}`,
  );
  error.code = `command-${status.toLowerCase()}`;
  error.row = row;
  error.outcome = { outcomeUnknown: outcomeUnknown === true };
  return error;
}

module.exports = { CommandRun };
