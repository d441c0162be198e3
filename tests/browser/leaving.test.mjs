// Whoever has logged out leaves nothing behind: Back and Forward show nothing of the list, even of a page that
// the browser kept in memory, and even when the server cannot be reached.

import assert from "node:assert/strict";
import { after } from "node:test";
import { engine, modes, scenario } from "./everywhere.mjs";
import { Line } from "./line.mjs";
import { pause } from "./screen.mjs";
import { base, secret } from "./visitor.mjs";

const line = Line.lay(base);
after(async () => (await line).cut());

const secrets = ["Nobody else’s business", "Ona"];

/** Logs in as people do, and sees the list that this leads to. */
async function logsIn(visitor) {
  const { screen } = visitor;
  await visitor.signUp();
  await visitor.stock([secrets[0]]);
  await visitor.post("/logout", {});
  await screen.open("/login");
  await visitor.logIn();
  for (const words of secrets) assert((await screen.everything()).includes(words), "it can be read before");
}

/** Goes about, so that pages of every kind lie behind: one that was changed, some that links led to. */
async function goesAbout(visitor) {
  const { screen } = visitor;
  await visitor.register();
  await screen.open("/login");
  await visitor.logIn();
  await visitor.add(secrets[0]);
  for (const words of secrets) assert((await screen.everything()).includes(words), "it can be read before");
  for (const name of ["Account", "Back to the list", "Account", "See your active sessions", "Back to the account"]) await visitor.go(() => screen.click({ link: name }));
}

/** Goes one page on, and looks for a while at all that can be read there. The first step leads somewhere. */
async function looks({ screen }, step, isFirst) {
  const before = await screen.tab.address();
  await screen[step]();
  const read = new Set();
  const began = Date.now();
  let moved = false;
  do {
    read.add(await screen.everything());
    moved ||= (await screen.tab.address()) !== before;
    await pause(10);
  } while (Date.now() < began + 250 || (isFirst && !moved && Date.now() < began + 15_000));
  assert(moved || !isFirst, "it went back");
  return secrets.filter((words) => [...read].some((text) => text.includes(words)));
}

/** Back as far as it goes, and forward again. */
async function showsNothing(visitor) {
  const steps = ["back", "back", "back", "back", "forward", "forward", "forward"];
  for (const [index, step] of steps.entries()) {
    assert.deepEqual(await looks(visitor, step, index === 0), [], `step ${index + 1}, ${step}`);
  }
}

const logsOut = (visitor) => visitor.go(() => visitor.screen.click({ button: "Log out" }));

/** On a phone, which has no browser's cookie. */
async function endsElsewhere({ username, password }) {
  const call = async (name, body, token) => {
    const headers = { "content-type": "application/json", ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(`${base}/api/v1/${name}`, { method: "POST", headers, body });
    assert(response.ok, name);
    return response.status === 200 && response.json();
  };
  const { token, refresh_token } = await call("login", JSON.stringify({ username, password }));
  [token, refresh_token].forEach(secret);
  await call("end_other_sessions", undefined, token);
}

async function changesHands(visitor) {
  const { username, password } = visitor;
  visitor.username = `${username}-2`;
  await visitor.register({ firstName: "Jonas" });
  assert.equal((await visitor.post("/login", { username: visitor.username, password })).status(), 303);
}

const ways = [
  { ending: "right after logging in and out", begin: logsIn, act: logsOut },
  { ending: "after logging out", begin: goesAbout, act: logsOut },
  { ending: "when the session was ended elsewhere", begin: goesAbout, act: endsElsewhere },
  { ending: "when somebody else has logged in", begin: goesAbout, act: changesHands },
];

/** Where nothing is known to help: what a browser keeps in memory only a script can hide. */
function exception(javaScript, { act, begin }) {
  if (javaScript) return false;
  if (engine === "webkit") return "WebKitGTK keeps every page that came by plain http, whatever Cache-Control says";
  if (engine !== "chromium") return false;
  if (act === endsElsewhere) return "Chromium keeps a page until its cookies change, and here none did";
  return begin === logsIn && "Chromium keeps the page that the login led to, though its cookie has gone";
}

for (const { javaScript, name } of modes) {
  for (const way of ways) {
    // Without a script no page looks whether the server is there.
    for (const reachable of javaScript ? [true, false] : [false]) {
      const title = `Back and Forward show nothing ${way.ending}, ${name}${reachable ? "" : ", with the server gone"}`;
      const skip = exception(javaScript, way);
      scenario(title, { javaScript, line, skip }, async (visitor) => {
        visitor.expect(401, "ERR_CONNECTION", "htmx:error: Failed to fetch");
        await way.begin(visitor);
        await way.act(visitor);
        if (!reachable) await (await line).cut();
        await showsNothing(visitor).finally(async () => reachable || (await line).mend());
      });
    }
  }
}
