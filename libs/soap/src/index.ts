export { faultNamespace, writeFault } from './fault-writer';
export type { FaultMessage, WrittenFault } from './fault-writer';
export { createRequestWriter, createResponseWriter } from './message-writer';
export type { RequestHeaders, ResponseHeaders, WriteRequest, WriteResponse } from './message-writer';
export { contentTypeOf } from './namespaces';
export type { SoapVersion } from './namespaces';
export { createRequestReader } from './request-reader';
export type {
  InboundRequest,
  ReadRequest,
  RefusedRequest,
  RequestReaderOptions,
  SoapFaultName,
} from './request-reader';
export { createResponseReader } from './response-reader';
export type {
  AnsweredOperation,
  ReadAnswer,
  ReadFault,
  ReadResponse,
  ResponseReaderOptions,
  UnreadableAnswer,
} from './response-reader';
export { shortened } from './text';
export { codingOf, unpacked } from './unpack';
export { createTextReplacer } from './text-replacer';
export type { Replacement, Replaced, ReplaceTexts } from './text-replacer';
