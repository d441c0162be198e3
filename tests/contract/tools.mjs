// Each tool imports the document that a running Tickbox serves, and what it would send first is sent: Postman,
// Bruno and Insomnia to Tickbox, and the same to a mock by Prism. Nothing is filled in but what a person fills in:
// the token and the ids that an answer brought, and a username of one's own.

import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { appendFileSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { openApiToBruno } from "@usebruno/converters";
import insomnia from "insomnia-importers";
import postman from "openapi-to-postmanv2";

const { TICKBOX_URL, SECRETS_FILE } = process.env;
assert(TICKBOX_URL, "Set TICKBOX_URL to the address of a running Tickbox, such as http://127.0.0.1:8080");

/** In an order in which each call finds what it needs. */
const ORDER = [
  ["register_user", 201],
  ["login", 200],
  ["me", 200],
  ["update_me", 200],
  ["add_todo", 201],
  ["get_todo", 200],
  ["todo_list", 200],
  ["tag_list", 200],
  ["todo_changes", 200],
  ["update_todo", 200],
  ["update_todo_status", 200],
  ["remove_todo", 200],
  ["restore_todo", 200],
  ["sync", 200],
  ["move_todo", 200],
  ["refresh_token", 200],
  ["session_list", 200],
  ["end_session", 204],
  ["end_other_sessions", 204],
  ["login", 200],
  ["change_password", 204],
  ["logout", 204],
];

const text = await (await fetch(`${TICKBOX_URL}/api/openapi.json`)).text();
const document = JSON.parse(text);
const operations = Object.values(document.paths).flatMap(Object.values);
const documented = operations.map(({ operationId }) => operationId);
assert.deepEqual([...new Set(ORDER.map(([call]) => call))].sort(), documented.sort(), "say in ORDER when a new call is sent");

/** Notes what must stand in no log. */
function secret(text) {
  if (SECRETS_FILE) appendFileSync(SECRETS_FILE, `${text}\n`);
  return text;
}

const isOn = ({ disabled, enabled }) => !disabled && enabled !== false;
const callOf = (url) => new URL(url).pathname.split("/").pop();
const withVariables = (text, variables) => text.replace(/\{\{ ?(\w+) ?\}\}/g, (_, name) => variables[name]);

/** Of each call, by its name, the request that Postman makes of it: `{url, method, headers, body, needsToken}`. */
async function byPostman() {
  // what its dialog offers when a document is imported; the other choice makes bodies of types, such as <string>
  const options = { parametersResolution: "Example" };
  const collection = await new Promise((resolve, reject) => {
    postman.convertV2({ type: "json", data: structuredClone(document) }, options, (error, result) =>
      error || !result.result ? reject(error ?? new Error(result.reason)) : resolve(result.output[0].data),
    );
  });
  const base = collection.variable.find(({ key }) => key === "baseUrl").value;
  return flat(collection.item, "item").map(({ request }) => {
    const query = request.url.query.filter(isOn).map(({ key, value }) => [key, value]);
    return {
      url: `${base}/${request.url.path.join("/")}?${new URLSearchParams(query)}`,
      method: request.method,
      headers: Object.fromEntries(request.header.filter(isOn).map(({ key, value }) => [key, value])),
      body: request.body?.raw,
      needsToken: request.auth?.type === "bearer",
    };
  });
}

async function byBruno() {
  const collection = await openApiToBruno(structuredClone(document));
  const [environment] = collection.environments;
  const variables = Object.fromEntries(environment.variables.map(({ name, value }) => [name, value]));
  return flat(collection.items, "items").map(({ request }) => {
    const query = request.params.filter(isOn).map(({ name, value }) => [name, value]);
    const body = request.body.json || undefined;
    return {
      url: `${withVariables(request.url, variables)}?${new URLSearchParams(query)}`,
      method: request.method,
      headers: {
        ...(body && { "Content-Type": "application/json" }),
        ...Object.fromEntries(request.headers.filter(isOn).map(({ name, value }) => [name, value])),
      },
      body,
      needsToken: request.auth.mode === "bearer",
    };
  });
}

async function byInsomnia() {
  const { resources } = (await insomnia.convert(text)).data;
  const variables = Object.assign({}, ...resources.filter(({ _type }) => _type === "environment").map(({ data }) => data));
  variables.base_url = withVariables(variables.base_url, variables);
  return resources
    .filter(({ _type }) => _type === "request")
    .map(({ url, method, parameters, headers, body, authentication }) => ({
      url: `${withVariables(url, variables)}?${new URLSearchParams(parameters.filter(isOn).map(({ name, value }) => [name, value]))}`,
      method,
      headers: {
        ...(body?.mimeType && { "Content-Type": body.mimeType }),
        ...Object.fromEntries(headers.filter(isOn).map(({ name, value }) => [name, value])),
      },
      // it writes every field, and "string" or 0 in those that no example has, which a person takes out
      body: body?.text?.replace(/,\s*"(call_id|expected_rev|before_id)": ("string"|0)/g, ""),
      needsToken: authentication?.type === "bearer",
    }));
}

/** The requests in folders, and in folders in these. */
const flat = (items, inside) => items.flatMap((item) => (item[inside] ? flat(item[inside], inside) : item));

/** Sends every request, as its tool would, and compares the status of each answer. */
async function walk(requests) {
  const byCall = new Map(requests.map((request) => [callOf(request.url), request]));
  const name = `tools-${randomUUID()}`;
  const known = {};
  for (const [call, expected] of ORDER) {
    const { url, method, headers, body, needsToken } = byCall.get(call);
    const sent = body?.replaceAll("ona.petraite", name).replace(/"(refresh_token|session_id)": "[^"]*"/g, (all, field) =>
      known[field] ? `"${field}": "${known[field]}"` : all,
    );
    // what a person moves a to-do beside is there
    if (call === "move_todo") await neighbour(sent, known.token);
    const authorization = needsToken && { Authorization: `Bearer ${known.token}` };
    const response = await fetch(url, { method, headers: { ...headers, ...authorization }, body: sent });
    const answer = await response.text();
    assert.equal(response.status, expected, `${call} ${url} ${sent} ${answer}`);
    if (["login", "refresh_token"].includes(call)) {
      Object.assign(known, JSON.parse(answer));
      [known.token, known.refresh_token].forEach(secret);
      // what a person ends is another session than the own one
      if (call === "refresh_token") known.session_id = await anotherSession(name);
    }
    if (["todo_list", "todo_changes"].includes(call)) {
      assert.equal(JSON.parse(answer).todos.length, 1, `${call} hides what was added: ${url} ${answer}`);
    }
  }
}

/** Adds the to-do that the request names, unless an earlier request has. */
async function neighbour(move, token) {
  const body = JSON.stringify({ id: JSON.parse(move).after_id, description: "Call mum" });
  const headers = { "Content-Type": "application/json", Authorization: `Bearer ${token}` };
  const { status } = await fetch(`${TICKBOX_URL}/api/v1/add_todo`, { method: "POST", headers, body });
  assert.ok([201, 409].includes(status), `${status}`);
}

async function anotherSession(username) {
  const body = JSON.stringify({ username, password: "seven green bottles" });
  const headers = { "Content-Type": "application/json" };
  const answer = await (await fetch(`${TICKBOX_URL}/api/v1/login`, { method: "POST", headers, body })).json();
  [answer.token, answer.refresh_token].forEach(secret);
  return answer.session_id;
}

async function freePort() {
  const server = createServer();
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Runs the checks against Prism's mock of the document. */
async function withMock(check) {
  const folder = mkdtempSync(join(tmpdir(), "tickbox-mock-"));
  const file = join(folder, "openapi.json");
  writeFileSync(file, text);
  const port = await freePort();
  const command = fileURLToPath(new URL("node_modules/.bin/prism", import.meta.url));
  const mock = spawn(command, ["mock", "--port", port, file], { stdio: ["ignore", "pipe", "inherit"] });
  try {
    await new Promise((resolve, reject) => {
      mock.stdout.on("data", (words) => `${words}`.includes("is listening") && resolve());
      mock.on("exit", (status) => reject(new Error(`Prism ended: ${status}`)));
    });
    await check(`http://127.0.0.1:${port}`);
  } finally {
    mock.kill();
    rmSync(folder, { recursive: true });
  }
}

/** The first answer of each call is its usual success, and of a token that is missing the one of every ten minutes. */
async function mocked(mock, requests) {
  for (const { url, method, headers, body, needsToken } of requests) {
    const call = callOf(url);
    const ask = (authorization) => fetch(`${mock}/${call}${new URL(url).search}`, { method, body, headers: { ...headers, ...authorization } });
    const answered = await ask(needsToken && { Authorization: "Bearer any" });
    const answer = await answered.text();
    // of 200 and 201 Prism takes the lower one, whichever the document has first
    const usual = call === "add_todo" ? 200 : ORDER.find(([name]) => name === call)[1];
    assert.equal(answered.status, usual, `${call} ${answer}`);
    if (call === "todo_changes") assert.equal(JSON.parse(answer).full, true, "a new phone gets a full copy");
    // with a refresh token in its body a call may need none
    const isNeeded = operations.find(({ operationId }) => operationId === call).security.every(({ bearer }) => bearer);
    if (needsToken && isNeeded) assert.equal((await (await ask()).json()).code, "token_expired", call);
  }
}

secret("seven green bottles");
secret("eight blue kettles");
assert.equal(document.servers[0].url, `${TICKBOX_URL}/api/v1`);
for (const [tool, requests] of Object.entries({ Postman: byPostman(), Bruno: byBruno(), Insomnia: byInsomnia() })) {
  await walk(await requests);
  console.log(`  ${tool}: ${ORDER.length} calls succeed as they are imported`);
}
await withMock(async (mock) => mocked(mock, await byBruno()));
console.log("  Prism: each call is mocked with its usual success");
