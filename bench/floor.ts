import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';

// The floor: a bare server that reads the body and answers bytes of the same size. Nothing that does more can be faster.

const answer = Buffer.alloc(Number(process.argv[2] ?? 670), 0x20);

const server = createServer({ keepAliveTimeout: 75_000 }, (request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    response
      .writeHead(200, { 'Content-Type': 'application/soap+xml; charset=utf-8', 'Content-Length': answer.length })
      .end(answer);
  });
});
server.listen(0, '127.0.0.1', () => process.send?.({ port: (server.address() as AddressInfo).port }));
process.on('disconnect', () => process.exit(0));
