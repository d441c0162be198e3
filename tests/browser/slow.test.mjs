// A slow line: answers take a second, and whoever waits presses once more. Each form does what one press does.

import assert from "node:assert/strict";
import { after } from "node:test";
import { modes, scenario, secret } from "./everywhere.mjs";
import { Line } from "./line.mjs";
import { pause } from "./screen.mjs";
import { base } from "./visitor.mjs";

const line = Line.lay(base);
after(async () => (await line).cut());

/** Presses, and in the same place once more before there is an answer. */
async function pressTwice({ screen }, target) {
  const release = (await line).hold();
  const { x, y } = await screen.click(target);
  await pause(450);
  await screen.tab.click(x, y);
  await pause(550);
  release();
}

for (const { javaScript, name } of modes) {
  scenario(`on a slow line a second press does nothing more than the first, ${name}`, { javaScript, line }, async (visitor) => {
    const { screen } = visitor;
    const send = (button) => visitor.go(() => pressTwice(visitor, button));
    const fill = async (values) => {
      for (const [field, value] of Object.entries(values)) await screen.fill(`#${field}`, value);
    };

    await screen.open("/register");
    const { username, password } = visitor;
    await fill({ first_name: "Ona", last_name: "Petraitė", username, password, password_again: password });
    await send("form .button");
    assert.equal(await screen.path(), "/login?notice=registered");

    await fill({ username, password });
    await send("form .button");
    assert.equal(await screen.path(), "/");
    await screen.open("/sessions");
    assert.equal(await screen.count(".sessions > li"), 1, "one login is one session");

    await screen.open("/change-password");
    const changed = secret(`brass lantern ${visitor.number} ${process.pid}`);
    await fill({ current_password: password, new_password: changed, new_password_again: changed });
    await send("form[action='/change-password'] .button");
    assert.equal(await screen.path(), "/account?notice=password_changed");

    await fromAPhone(username, changed);
    await screen.open("/sessions");
    await send(".sessions form .button");
    assert.equal(await screen.path(), "/sessions?notice=session_ended");
    assert.equal(await screen.count(".sessions > li"), 1);

    await screen.open("/");
    await screen.fill("#description", "Buy milk");
    await visitor.change(() => pressTwice(visitor, "#add .button"));
    await pause(500); // for an answer that nobody waits for
    await screen.open("/");
    assert.deepEqual(await screen.texts(), ["Buy milk"]);
  });
}

/** A session that can be ended. */
async function fromAPhone(username, password) {
  const headers = { "content-type": "application/json" };
  const answer = await fetch(`${base}/api/v1/login`, { method: "POST", headers, body: JSON.stringify({ username, password }) });
  assert.equal(answer.status, 200);
  const { token, refresh_token } = await answer.json();
  [token, refresh_token].forEach(secret);
}
