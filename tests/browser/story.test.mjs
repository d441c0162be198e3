// The whole way of a person, from the first visit to the last click: the same steps with JavaScript
// and without.

import { assert, modes, numbered, scenario, secret } from "./support.mjs";

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

async function registers(visitor) {
  const { page, username, password } = visitor;
  await page.goto("/");
  assert.equal(visitor.path(), "/login");
  await visitor.go(() => page.getByRole("link", { name: "Register" }).click());
  assert.equal(await page.title(), "Registration form – Tickbox");

  visitor.expect(422);
  await visitor.go(() => page.click("form .button"));
  assert.equal(await page.title(), "Error: Registration form – Tickbox");
  assert.equal(await visitor.focused(), "errors");
  assert.equal(await page.locator(".errors a").count(), 4);
  await page.locator(".errors a").nth(2).click();
  assert.equal(await visitor.focused(), "username");

  await page.fill("#first_name", "Ona");
  await page.fill("#last_name", "Petraitė");
  await page.fill("#username", username);
  await page.fill("#password", password);
  await page.fill("#password_again", secret("something else"));
  await visitor.go(() => page.click("form .button"));
  assert.equal(await page.inputValue("#first_name"), "Ona");
  assert.equal(await page.inputValue("#last_name"), "Petraitė");
  assert.equal(await page.inputValue("#username"), username);
  assert.equal(await page.inputValue("#password"), "");
  const error = page.locator("input[aria-invalid=true]");
  assert.match(await error.getAttribute("aria-describedby"), /-error$/);

  await page.fill("#password", password);
  await page.fill("#password_again", password);
  await visitor.go(() => page.click("form .button"));
  assert.equal(visitor.path(), "/login?notice=registered");
  assert.equal(await page.textContent(".notice"), "Your account is ready. Log in with it.");
}

async function logsIn(visitor) {
  const { page } = visitor;
  visitor.expect(401);
  await visitor.logIn(secret("not my password"));
  assert.equal(await page.title(), "Error: Login – Tickbox");
  assert.match(await page.textContent(".errors"), /The username or the password is wrong/);
  assert.equal(await page.inputValue("#username"), visitor.username);
  assert.equal(await page.inputValue("#password"), "");

  await visitor.logIn();
  assert.equal(visitor.path(), "/");
  assert.equal(await page.title(), "My to-do list – Tickbox");
  assert.equal(await page.textContent(".name"), "Ona");
  assert.equal(await page.textContent("#count"), "0 of 0 open");
  assert(await page.locator(".empty").isVisible());
}

async function adds(visitor) {
  const { page } = visitor;
  for (const text of ["Buy milk", "Water the plants", "Call Jonas"]) {
    await visitor.add(text);
    assert.match(await visitor.said(), /^Added/);
    assert.equal(await page.inputValue("#description"), "");
  }
  assert.deepEqual(await visitor.texts(), ["Call Jonas", "Water the plants", "Buy milk"]);
  assert.equal(await page.textContent("#count"), "3 of 3 open");
  assert(await page.locator(".empty").isHidden());
  const time = page.locator("#todos time").first();
  assert.match(await time.getAttribute("datetime"), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/);
  assert.match(await time.textContent(), visitor.javaScript ? /[AP]M$/ : / UTC$/);

  await visitor.add("  ");
  assert.equal(await page.title(), "Error: My to-do list – Tickbox");
  assert.equal(await page.getAttribute("#description", "aria-invalid"), "true");
  assert.equal(await page.textContent("#description-error"), "Error: Enter what there is to do");
  assert.equal(await page.inputValue("#description"), "  ");
  const tooLong = "ä".repeat(201);
  await visitor.add(tooLong);
  assert.equal(await page.inputValue("#description"), tooLong);
  assert.deepEqual((await visitor.texts()).length, 3);

  await visitor.add("Pay the rent");
  assert.equal(await page.title(), "My to-do list – Tickbox");
  assert.equal(await page.locator(".errors, .error").count(), 0);
}

async function completesAndReopens(visitor) {
  const { page } = visitor;
  const row = visitor.row("Buy milk");
  const check = row.getByRole("checkbox", { name: "Buy milk" });
  assert.equal(await check.getAttribute("aria-checked"), "false");
  await visitor.change(() => check.click());
  assert.match(await visitor.said(), /^Done: /);
  assert.equal(await check.getAttribute("aria-checked"), "true");
  assert.match(await row.textContent(), /Done .*\d/);
  assert.equal(await page.textContent("#count"), "3 of 4 open");

  await visitor.change(() => check.click());
  assert.match(await visitor.said(), /^Open again: /);
  assert.equal(await check.getAttribute("aria-checked"), "false");
  assert.equal(await page.textContent("#count"), "4 of 4 open");
  await visitor.change(() => check.click());
}

async function removesAndUndoes(visitor) {
  const { page } = visitor;
  await visitor.change(() => page.getByRole("button", { name: "Remove “Call Jonas”" }).click());
  assert.match(await visitor.said(), /^Removed/);
  assert.equal(await visitor.row("Call Jonas").count(), 0);
  assert.equal(await page.textContent("#count"), "2 of 3 open");

  await visitor.change(() => page.getByRole("button", { name: "Undo" }).click());
  assert.match(await visitor.said(), /^Brought back/);
  assert.deepEqual(await visitor.texts(), ["Pay the rent", "Call Jonas", "Water the plants", "Buy milk"]);
}

async function filters(visitor) {
  const { page } = visitor;
  const show = (name) => visitor.go(() => page.getByRole("link", { name, exact: true }).click());
  await show("Done");
  assert.deepEqual(await visitor.texts(), ["Buy milk"]);
  assert.equal(await page.textContent("nav [aria-current]"), "Done");
  await visitor.add("Not shown among the done ones");
  assert.deepEqual(await visitor.texts(), ["Buy milk"]);
  await show("Open");
  assert.equal((await visitor.texts()).length, 4);
  assert.equal(await visitor.row("Buy milk").count(), 0);
  await show("All");
  assert.equal((await visitor.texts()).length, 5);
}

async function showsMore(visitor) {
  const { page, javaScript } = visitor;
  await visitor.stock(numbered(60));
  assert.equal((await visitor.texts()).length, 50);
  await visitor.change(() => page.getByRole("link", { name: "Show more" }).click());
  const texts = await visitor.texts();
  assert.equal(texts.length, javaScript ? 65 : 15);
  assert.equal(texts.at(-1), "Buy milk");
  assert.equal(new Set(texts).size, texts.length);
  assert.equal(await page.getByRole("link", { name: "Show more" }).count(), 0);
  if (!javaScript) {
    await visitor.go(() => page.getByRole("link", { name: "Back to the newest" }).click());
    assert.equal((await visitor.texts())[0], "To-do 1");
  }
}

async function logsOut(visitor) {
  const { page } = visitor;
  await visitor.go(() => page.getByRole("button", { name: "Log out" }).click());
  assert.equal(visitor.path(), "/login?notice=logged_out");
  await page.goto("/");
  assert.equal(visitor.path(), "/login");
}

async function endsASession(visitor, laptop, library) {
  const { page } = visitor;
  const follow = (name) => visitor.go(() => page.getByRole("link", { name }).click());
  await follow("Account");
  assert.equal(visitor.path(), "/account");
  assert.match(await page.textContent("main"), new RegExp(`Ona Petraitė has the username ${visitor.username}`));
  await follow("See where you are logged in");
  const sessions = page.locator(".sessions > li");
  const rows = await sessions.allTextContents();
  assert.equal(rows.length, 3);
  assert.equal(rows.filter((row) => row.includes("(this one)")).length, 1);
  assert.equal(rows.filter((row) => row.startsWith("Chrome on Linux")).length, 3);

  // The newest login stands at the top.
  await visitor.go(() => sessions.first().getByRole("button", { name: "End the session of Chrome on Linux" }).click());
  assert.equal(visitor.path(), "/sessions?notice=session_ended");
  assert.equal(await page.textContent(".notice"), "That session has ended.");
  assert.equal(await sessions.count(), 2);
  await library.page.goto("/");
  assert.equal(library.path(), "/login");
  await laptop.page.goto("/");
  assert.equal(laptop.path(), "/");
}

async function changesThePassword(visitor, laptop) {
  const { page, password } = visitor;
  const changed = secret(`brass lantern ${visitor.username}`.slice(0, 30));
  const send = async (...values) => {
    const fields = ["#current_password", "#new_password", "#new_password_again"];
    for (const [index, field] of fields.entries()) await page.fill(field, values[index]);
    await visitor.go(() => page.press("#new_password_again", "Enter"));
  };
  await visitor.go(() => page.getByRole("link", { name: "change the password" }).click());
  visitor.expect(422);
  await send(secret("not my password"), changed, changed);
  assert.equal(await page.title(), "Error: Change the password – Tickbox");
  assert.equal(await visitor.focused(), "errors");
  await page.locator(".errors a").click();
  assert.equal(await visitor.focused(), "current_password");
  for (const field of await page.locator("[type=password]").all()) assert.equal(await field.inputValue(), "");

  await send(password, changed, changed);
  assert.equal(visitor.path(), "/account?notice=password_changed");
  assert.match(await page.textContent(".notice"), /Your password is changed/);
  await page.goto("/");
  assert.equal(visitor.path(), "/");
  await laptop.page.goto("/");
  assert.equal(laptop.path(), "/login");
  laptop.username = visitor.username;
  laptop.expect(401);
  await laptop.logIn(password);
  assert.equal(await laptop.page.title(), "Error: Login – Tickbox");
  await laptop.logIn(changed);
  assert.equal(laptop.path(), "/");

  await page.goto("/sessions");
  await visitor.go(() => page.getByRole("button", { name: "Log out everywhere else" }).click());
  assert.equal(await page.textContent(".notice"), "You are logged out everywhere else.");
  await laptop.page.goto("/");
  assert.equal(laptop.path(), "/login");
}
