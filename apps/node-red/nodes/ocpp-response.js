'use strict';

const { persist } = require('../lib/follow');
const { apiOf, fail, isFields, isMessage, kindOf, responderName, sendable, statusOf } = require('../lib/node-kit');
const { BadInput, Refused } = require('../lib/problems');

/** Milliseconds for which an answer is tried whose message does not say by when it must be there. */
const patience = 120_000;

/** Answers the request of a charge box that an ocpp-server node brought. */
module.exports = (RED) => {
  function OcppResponse(config) {
    RED.nodes.createNode(this, config);
    const node = this;
    const show = statusOf(node);
    const { api, missing } = apiOf(RED, config);
    const onOutput = Number(config.outputs) === 2;
    const responder = responderName(RED, node);
    const stopping = new AbortController();
    if (missing !== undefined) show('red', 'ring', missing);

    /** Sends the answer until the service has it, or says that it has no use for it. */
    const deliver = async ({ msgId, payload, respondBy }) => {
      const path = `/api/requests/${encodeURIComponent(msgId)}`;
      let unsure = false;
      const answer = () =>
        api.call('POST', `${path}/response`, {
          body: { msgId, payload },
          query: { responder },
          signal: stopping.signal,
          onResend: () => {
            unsure = true;
          },
        });
      const onRetry = ({ message }) => {
        unsure = true;
        show('yellow', 'ring', message);
      };
      try {
        await persist(answer, { signal: stopping.signal, until: respondBy, onRetry });
      } catch (error) {
        // The service may have had the answer although nobody heard it say so.
        if (unsure && isOver(error) && (await wasOurs(path))) return;
        throw error;
      }
    };
    const wasOurs = async (path) => {
      const { body } = await persist(() => api.call('GET', path, { signal: stopping.signal }), {
        signal: stopping.signal,
        until: Date.now() + patience,
      });
      return body.status === 'Answered' && body.responder === responder;
    };

    node.on('input', async (msg, send, done) => {
      try {
        if (missing !== undefined) throw new BadInput(missing);
        const answer = answerOf(msg);
        await deliver(answer);
        Reflect.deleteProperty(msg, 'problem');
        show('green', 'dot', `answered ${msg.ocpp?.command ?? ''}`.trim());
        send(onOutput ? [msg, null] : msg);
        done();
      } catch (error) {
        if (stopping.signal.aborted) return done();
        const late = isOver(error);
        fail({ node, msg, send, done, show, onOutput }, explained(error, late), { late });
      }
    });
    node.on('close', () => stopping.abort());
  }
  RED.nodes.registerType('ocpp-response', OcppResponse);
};

/** What an answer needs of the message; only `payload` may be changed on the way through the flow. */
function answerOf(msg) {
  const { payload, ocpp } = msg;
  const msgId = msgIdOf(msg);
  if (!isFields(payload))
    throw new BadInput(
      `msg.payload is ${kindOf(payload)}. Give an object with the fields of the response, such as { "status": "Accepted" }.`,
    );
  const respondBy = Date.parse(isMessage(ocpp) ? ocpp.respondBy : undefined);
  return {
    msgId,
    payload: sendable(payload, 'msg.payload'),
    respondBy: Number.isNaN(respondBy) ? Date.now() + patience : respondBy,
  };
}

function msgIdOf({ msgId, msgID }) {
  const id = msgId ?? msgID;
  if (typeof id !== 'string' || id === '' || id.length > 200)
    throw new BadInput(
      `msg.msgId is ${id === '' ? 'empty' : kindOf(id)}. Pass the message of the ocpp-server node on and change only its payload.`,
    );
  if (typeof msgID === 'string' && msgID !== id)
    throw new BadInput('msg.msgId and msg.msgID name two requests. Pass both on as they came, or one of them.');
  return id;
}

const isOver = (error) => error instanceof Refused && error.status === 409;

function explained(error, late) {
  if (late) error.message = `Too late: ${error.message} The charge box does not get this answer.`;
  else if (error instanceof Refused && error.status === 404)
    error.message =
      'The service knows no request with this msg.msgId. Pass the message of the ocpp-server node on as it came.';
  return error;
}
