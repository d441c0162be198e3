// Something in between, such as a company's gateway: it lets requests through while one is logged in
// there, and answers itself when that has ended.

import { randomUUID } from "node:crypto";
import { createServer, request } from "node:http";

const page = "<!doctype html><html><head><title>Company login</title></head><body><h1>Log in to the network</h1></body></html>";

/** Gateways begin a session of their own; with that, Chromium keeps no page of before in memory. */
const html = () => ({ "content-type": "text/html", "set-cookie": `gateway=${randomUUID()}; Path=/` });

/** What gateways do with a request when their session has ended. */
export const ways = {
  "sends on to another origin": (login, response) => response.writeHead(302, { location: login }).end(),
  "answers with a login page": (_, response) => response.writeHead(200, html()).end(page),
  "answers 401": (_, response) => response.writeHead(401, html()).end(page),
  "answers 403": (_, response) => response.writeHead(403, html()).end(page),
  "answers 511": (_, response) => response.writeHead(511, html()).end(page),
};

function listen(answer) {
  const server = createServer(answer);
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

const addressOf = (server) => `http://127.0.0.1:${server.address().port}`;

/** Stands before `base` while it is open. */
export async function openGateway(base, way) {
  const gateway = { isOpen: true };
  const front = await listen((incoming, response) => {
    if (!gateway.isOpen) return way(`${addressOf(login)}/login`, response);
    // With the Host that the browser named: Tickbox compares it with where a form comes from.
    const options = { method: incoming.method, headers: incoming.headers, path: incoming.url };
    const onward = request(base, options, (answer) => {
      response.writeHead(answer.statusCode, answer.rawHeaders);
      answer.pipe(response);
    });
    onward.on("error", () => response.destroy());
    incoming.pipe(onward);
  });
  const login = await listen((_, response) => response.writeHead(200, { "content-type": "text/html" }).end(page));
  gateway.address = addressOf(front);
  gateway.close = () => [front, login].forEach((server) => (server.close(), server.closeAllConnections()));
  return gateway;
}
