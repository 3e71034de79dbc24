// A server that answers what a test tells it, and keeps what it was asked.

import { once } from 'node:events';
import { createServer } from 'node:http';

/** Each answer is taken once: `{status, headers, body}`, `'cut'` (the connection is), `'silence'`. */
export async function fake(answers) {
  const requests = [];
  const server = createServer(async (request, response) => {
    let body = '';
    for await (const piece of request) body += piece;
    requests.push({ method: request.method, url: request.url, headers: request.headers, body });
    const answer = answers.shift() ?? { status: 500, body: { code: 'NO_ANSWER_LEFT' } };
    if (answer === 'silence') return;
    if (answer === 'cut') return request.socket.destroy();
    response.writeHead(answer.status ?? 200, { 'content-type': 'application/json', ...answer.headers });
    if (answer.cutAfter !== undefined) {
      response.write(answer.cutAfter, () => request.socket.destroy());
      return;
    }
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? { success: true, data: {} }));
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const stop = async () => {
    server.closeAllConnections();
    server.close();
    await once(server, 'close');
  };
  return { url: `http://127.0.0.1:${server.address().port}`, requests, stop };
}
