// The whole way of a person, from the first visit to the last click: the same steps in every engine, with
// JavaScript and without.

import assert from "node:assert/strict";
import { engine, modes, numbered, scenario, secret } from "./everywhere.mjs";

for (const { javaScript, name } of modes) {
  scenario(`a visit from registration to logout, ${name}`, { javaScript }, async (visitor) => {
    await registers(visitor);
    await logsIn(visitor);
    await adds(visitor);
    await completesAndReopens(visitor);
    await removesAndUndoes(visitor);
    await filters(visitor);
    await showsMore(visitor);
    await logsOut(visitor);
  });

  scenario(`a password changed and other sessions ended, ${name}`, { javaScript }, async (visitor, enter) => {
    const laptop = await enter({ javaScript });
    const library = await enter({ javaScript });
    await visitor.signUp();
    await laptop.logInAs(visitor);
    await library.logInAs(visitor);
    await endsASession(visitor, laptop, library);
    await changesThePassword(visitor, laptop);
  });
}

scenario("Arabic and Hebrew stand at the right, everything else at the left", {}, async (visitor) => {
  const { screen } = visitor;
  await visitor.signUp();
  const texts = { "اشتر الحليب": "right", "לקנות חלב": "right", "Nupirkti pieno": "left", "42 (مرحبا)": "right" };
  for (const [text, side] of Object.entries(texts)) {
    await visitor.add(text);
    const stands = await screen.run(() => {
      const span = document.querySelector("#todos .text > a");
      const words = document.createRange();
      words.selectNodeContents(span);
      const [box, inner] = [span.getBoundingClientRect(), words.getBoundingClientRect()];
      const [before, after] = [inner.left - box.left, box.right - inner.right];
      return before > after + 20 ? "right" : after > before + 20 ? "left" : `between ${before} and ${after}`;
    });
    assert.equal(stands, side, text);
  }
});

if (engine === "webkit") {
  // What a system without a language, such as a bare container, makes of it there.
  scenario("a browser whose only language is C adds and shows times", { language: "C.UTF-8" }, async (visitor) => {
    const { screen } = visitor;
    assert.deepEqual(await screen.run(() => navigator.languages), ["C"]);
    assert(await screen.isVisible({ button: "Show password" }));
    await visitor.signUp();
    await visitor.add("Buy milk");
    assert.match(await screen.said(), /^Added/);
    assert(!(await screen.text("#todos time")).endsWith("UTC"), "it is the time of this zone");
  });
}

async function registers(visitor) {
  const { screen, username, password } = visitor;
  await screen.open("/");
  assert.equal(await screen.path(), "/login");
  await visitor.go(() => screen.click({ link: "Register" }));
  assert.equal(await screen.title(), "Registration form – Tickbox");

  visitor.expect(422);
  await visitor.go(() => screen.click("form .button"));
  assert.equal(await screen.title(), "Error: Registration form – Tickbox");
  assert.equal(await screen.focused(), "errors");
  assert.equal(await screen.count(".errors a"), 4);
  await screen.click(".errors li:nth-child(3) a");
  assert.equal(await screen.focused(), "username");

  await screen.fill("#first_name", "Ona");
  await screen.fill("#last_name", "Petraitė");
  await screen.fill("#username", username);
  await screen.fill("#password", password);
  await screen.fill("#password_again", secret("something else"));
  await visitor.go(() => screen.click("form .button"));
  assert.equal(await screen.value("#first_name"), "Ona");
  assert.equal(await screen.value("#last_name"), "Petraitė");
  assert.equal(await screen.value("#username"), username);
  assert.equal(await screen.value("#password"), "");
  assert.match(await screen.attribute("input[aria-invalid=true]", "aria-describedby"), /-error$/);

  await screen.fill("#password", password);
  await screen.fill("#password_again", password);
  await visitor.go(() => screen.click("form .button"));
  assert.equal(await screen.path(), "/login?notice=registered");
  assert.equal(await screen.text(".notice"), "Your account is ready. You can now log in.");
}

async function logsIn(visitor) {
  const { screen } = visitor;
  visitor.expect(401);
  await visitor.logIn(secret("not my password"));
  assert.equal(await screen.title(), "Error: Login – Tickbox");
  assert.match(await screen.text(".errors"), /The username or the password is wrong/);
  assert.equal(await screen.value("#username"), visitor.username);
  assert.equal(await screen.value("#password"), "");

  await visitor.logIn();
  assert.equal(await screen.path(), "/");
  assert.equal(await screen.title(), "My to-do list – Tickbox");
  assert.equal(await screen.text(".name"), "Ona");
  assert.equal(await screen.text("#count"), "0 of 0 open");
  assert(await screen.isVisible(".empty"));
}

async function adds(visitor) {
  const { screen } = visitor;
  for (const text of ["Buy milk", "Water the plants", "Call Jonas"]) {
    await visitor.add(text);
    assert.match(await screen.said(), /^Added/);
    assert.equal(await screen.value("#description"), "");
  }
  assert.deepEqual(await screen.texts(), ["Call Jonas", "Water the plants", "Buy milk"]);
  assert.equal(await screen.text("#count"), "3 of 3 open");
  assert(!(await screen.isVisible(".empty")));
  assert.match(await screen.attribute("#todos time", "datetime"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(await screen.text("#todos time"), visitor.javaScript ? /[AP]M$/ : / UTC$/);

  await visitor.add("  ");
  assert.equal(await screen.title(), "Error: My to-do list – Tickbox");
  assert.equal(await screen.attribute("#description", "aria-invalid"), "true");
  assert.equal(await screen.text("#description-error"), "Error: Enter what there is to do");
  assert.equal(await screen.value("#description"), "  ");
  const tooLong = "ä".repeat(201);
  await visitor.add(tooLong);
  assert.equal(await screen.value("#description"), tooLong);
  assert.equal((await screen.texts()).length, 3);

  await visitor.add("Pay the rent");
  assert.equal(await screen.title(), "My to-do list – Tickbox");
  assert.equal(await screen.count(".errors, .error"), 0);
}

async function completesAndReopens(visitor) {
  const { screen } = visitor;
  const check = { checkbox: "Buy milk" };
  assert.equal(await screen.attribute(check, "aria-checked"), "false");
  await visitor.change(() => screen.click(check));
  assert.match(await screen.said(), /^Done: /);
  assert.equal(await screen.attribute(check, "aria-checked"), "true");
  assert.match((await screen.all("#todos > li.done")).join(), /Buy milk.*Done .*\d/);
  assert.equal(await screen.text("#count"), "3 of 4 open");

  await visitor.change(() => screen.click(check));
  assert.match(await screen.said(), /^Open again: /);
  assert.equal(await screen.attribute(check, "aria-checked"), "false");
  assert.equal(await screen.text("#count"), "4 of 4 open");
  await visitor.change(() => screen.click(check));
}

async function removesAndUndoes(visitor) {
  const { screen } = visitor;
  await visitor.change(() => screen.click({ button: "Remove “Call Jonas”" }));
  assert.match(await screen.said(), /^Removed/);
  assert(!(await screen.texts()).includes("Call Jonas"));
  assert.equal(await screen.text("#count"), "2 of 3 open");

  await visitor.change(() => screen.click({ button: "Undo" }));
  assert.match(await screen.said(), /^Restored/);
  assert.deepEqual(await screen.texts(), ["Pay the rent", "Call Jonas", "Water the plants", "Buy milk"]);
}

async function filters(visitor) {
  const { screen } = visitor;
  const show = (name) => visitor.go(() => screen.click({ link: name }));
  await show("Done");
  assert.deepEqual(await screen.texts(), ["Buy milk"]);
  assert.equal(await screen.text("nav [aria-current]"), "Done");
  await visitor.add("Not shown among the done ones");
  assert.deepEqual(await screen.texts(), ["Buy milk"]);
  await show("Open");
  const open = await screen.texts();
  assert.equal(open.length, 4);
  assert(!open.includes("Buy milk"));
  await show("All");
  assert.equal((await screen.texts()).length, 5);
}

async function showsMore(visitor) {
  const { screen, javaScript } = visitor;
  await visitor.stock(numbered(60));
  assert.equal((await screen.texts()).length, 50);
  await visitor.change(() => screen.click({ link: "Show more" }));
  const texts = await screen.texts();
  assert.equal(texts.length, javaScript ? 65 : 15);
  assert.equal(texts.at(-1), "Buy milk");
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(await screen.count({ link: "Show more" }), 0);
  if (!javaScript) {
    await visitor.go(() => screen.click({ link: "Back to the first" }));
    assert.equal((await screen.texts())[0], "To-do 1");
  }
}

async function logsOut(visitor) {
  const { screen } = visitor;
  await visitor.go(() => screen.click({ button: "Log out" }));
  assert.equal(await screen.path(), "/login?notice=logged_out");
  await screen.open("/");
  assert.equal(await screen.path(), "/login");
}

async function endsASession(visitor, laptop, library) {
  const { screen } = visitor;
  const { device } = screen.tab;
  const follow = (name) => visitor.go(() => screen.click({ link: name }));
  await follow("Account");
  assert.equal(await screen.path(), "/account");
  const [name, username] = await screen.all(".facts dd");
  assert.deepEqual([name, username], ["Ona Petraitė", visitor.username]);
  await follow("See your active sessions");
  const rows = await screen.all(".sessions > li");
  assert.equal(rows.length, 3);
  assert.equal(rows.filter((row) => row.startsWith(`This one ${device}`)).length, 1);
  assert.equal(rows.filter((row) => row.startsWith(device)).length, 2);

  // The newest login stands at the top.
  await visitor.go(() => screen.click({ button: `End the session of ${device}` }));
  assert.equal(await screen.path(), "/sessions?notice=session_ended");
  assert.equal(await screen.text(".notice"), "That session has ended.");
  assert.equal(await screen.count(".sessions > li"), 2);
  await library.screen.open("/");
  assert.equal(await library.screen.path(), "/login");
  await laptop.screen.open("/");
  assert.equal(await laptop.screen.path(), "/");
}

async function changesThePassword(visitor, laptop) {
  const { screen, password } = visitor;
  const changed = secret(`brass lantern ${visitor.username}`.slice(0, 30));
  const send = async (...values) => {
    const fields = ["#current_password", "#new_password", "#new_password_again"];
    for (const [index, field] of fields.entries()) await screen.fill(field, values[index]);
    await visitor.go(() => screen.press("Enter"));
  };
  await visitor.go(() => screen.click({ link: "change the password" }));
  visitor.expect(422);
  await send(secret("not my password"), changed, changed);
  assert.equal(await screen.title(), "Error: Change the password – Tickbox");
  assert.equal(await screen.focused(), "errors");
  await screen.click(".errors a");
  assert.equal(await screen.focused(), "current_password");
  for (const field of ["#current_password", "#new_password", "#new_password_again"]) {
    assert.equal(await screen.value(field), "");
  }

  await send(password, changed, changed);
  assert.equal(await screen.path(), "/account?notice=password_changed");
  assert.match(await screen.text(".notice"), /Your password is changed/);
  await screen.open("/");
  assert.equal(await screen.path(), "/");
  await laptop.screen.open("/");
  assert.equal(await laptop.screen.path(), "/login");
  laptop.username = visitor.username;
  laptop.expect(401);
  await laptop.logIn(password);
  assert.equal(await laptop.screen.title(), "Error: Login – Tickbox");
  await laptop.logIn(changed);
  assert.equal(await laptop.screen.path(), "/");

  await screen.open("/sessions");
  await visitor.go(() => screen.click({ button: "Log out everywhere else" }));
  assert.equal(await screen.text(".notice"), "You are logged out everywhere else.");
  await laptop.screen.open("/");
  assert.equal(await laptop.screen.path(), "/login");
}
