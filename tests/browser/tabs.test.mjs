// Several tabs, several browsers, sessions that end.

import { assert, modes, numbered, scenario, secret } from "./support.mjs";

/** Waits until the page shows these rows. */
function shows(page, texts) {
  return page.waitForFunction((texts) => {
    const rows = [...document.querySelectorAll("#todos .text > a")];
    return JSON.stringify(rows.map((row) => row.textContent)) === JSON.stringify(texts);
  }, texts);
}

/** What a browser says to a tab that comes to the front. */
const comesToFront = (page) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));

scenario("a second tab shows what the first did and keeps what is typed in it", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const other = await visitor.tab("/");
  await other.getByRole("button", { name: "Remove “Second”" }).click();
  await other.waitForSelector("#undo");
  await shows(page, ["First"]);
  await other.focus("#description");
  await other.keyboard.type("Half a th");

  await visitor.add("New here");
  await shows(other, ["New here", "First"]);
  assert.equal(await other.textContent("#count"), "2 of 2 open");
  assert.match(await other.textContent("#todos time"), /[AP]M$/);
  await visitor.change(() => visitor.row("First").getByRole("checkbox").click());
  await other.waitForSelector("#todos > li.done");
  await other.keyboard.type("ought");
  assert.equal(await other.inputValue("#description"), "Half a thought");
  assert.equal(await visitor.focused(other), "description");

  await other.click("#undo");
  await shows(page, ["New here", "Second", "First"]);
});

scenario("a tab that comes to the front catches up with other devices", {}, async (visitor, enter) => {
  await visitor.signUp();
  const phone = await enter();
  await phone.logInAs(visitor);
  await phone.add("From the phone");
  assert.deepEqual(await visitor.texts(), []);
  await comesToFront(visitor.page);
  await shows(visitor.page, ["From the phone"]);
});

scenario("a page that is left while it catches up reports no error", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  const leave = {
    reload: () => page.reload(),
    link: () => visitor.go(() => page.getByRole("link", { name: "Account" }).click()),
  };
  for (const [name, way] of Object.entries(leave)) {
    let asked;
    const isAsked = new Promise((resolve) => (asked = resolve));
    // Never answered: it is still waited for when the page is left.
    await page.route("**/", (route) => (route.request().headers()["hx-request"] ? asked() : route.continue()));
    await comesToFront(page);
    await isAsked;
    await way();
    await page.unroute("**/");
    assert.deepEqual(visitor.surprises, [], name);
  }
});

scenario("rows that were shown with Show more stay when another tab changes the list", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(numbered(55));
  await visitor.change(() => page.click("#more a"));
  const other = await visitor.tab("/");
  await other.fill("#description", "From the other tab");
  await other.press("#description", "Enter");
  await shows(other, ["From the other tab", ...numbered(50).reverse()]);
  await comesToFront(page);
  // Two round trips later anything that was to come would have come.
  await visitor.add("From this tab");
  await visitor.change(() => visitor.row("To-do 55").getByRole("checkbox").click());
  assert.equal((await visitor.texts()).length, 56);
});

scenario("completing what another device removed says so and takes it away", {}, async (visitor, enter) => {
  await visitor.signUp();
  await visitor.stock(["Stays", "Goes"]);
  const phone = await enter();
  await phone.logInAs(visitor);
  await phone.change(() => phone.page.getByRole("button", { name: "Remove “Goes”" }).click());

  visitor.expect(404);
  await visitor.page.fill("#description", "Half a thought");
  await visitor.change(() => visitor.row("Goes").getByRole("checkbox").click());
  assert.match(await visitor.said(), /removed meanwhile/);
  await shows(visitor.page, ["Stays"]);
  assert.match(await visitor.said(), /removed meanwhile/);
  assert.equal(await visitor.page.inputValue("#description"), "Half a thought");
  assert.equal(await visitor.focused(), "main");
});

scenario("removing what another device removed too does no harm", {}, async (visitor, enter) => {
  await visitor.signUp();
  await visitor.stock(["Goes"]);
  const phone = await enter();
  await phone.logInAs(visitor);
  for (const one of [phone, visitor]) {
    await one.change(() => one.page.getByRole("button", { name: "Remove “Goes”" }).click());
    assert.match(await one.said(), /^Removed/);
  }
  assert(await visitor.page.locator(".empty").isVisible());
});

scenario("a row that comes by two ways at once is shown once", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await page.route("**/", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const response = await route.fetch();
    await visitor.change(() => comesToFront(page)); // the list arrives before the answer to Add
    await route.fulfill({ response });
  });
  await page.fill("#description", "Only once");
  await page.press("#description", "Enter");
  await page.waitForFunction(() => document.querySelector("#status").textContent.startsWith("Added"));
  assert.deepEqual(await visitor.texts(), ["Only once"]);
});

scenario("who types on while a to-do is being added loses nothing", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await page.route("**/", async (route) => {
    const response = await route.fetch();
    await page.keyboard.type("bread");
    await route.fulfill({ response });
  });
  await visitor.add("milk");
  assert.equal(await page.inputValue("#description"), "bread");
  visitor.expect(422);
  await page.keyboard.press("Control+a");
  await page.keyboard.type(" ");
  await visitor.change(() => page.keyboard.press("Enter"));
  assert.equal(await page.inputValue("#description"), " bread");
});

for (const { javaScript, name } of modes) {
  scenario(`an expired session leads to the login page and back with the text, ${name}`, { javaScript }, async (visitor) => {
    const { page, context } = visitor;
    const text = "50 % of <b>this</b> & that \\ “ž” #1 +1";
    await visitor.signUp();
    visitor.expect(401, 403);
    await page.fill("#description", text);
    await context.clearCookies();
    await visitor.go(() => page.press("#description", "Enter"));
    assert.equal(await page.textContent("h1"), "Login");
    assert.equal(visitor.path(), javaScript ? "/login" : "/", "no address holds the text");
    await visitor.logIn(secret("not the password"));
    await visitor.logIn();
    assert.equal(visitor.path(), "/");
    assert.equal(await page.inputValue("#description"), text);
    assert.deepEqual(await visitor.texts(), []);
    await visitor.change(() => page.press("#description", "Enter"));
    assert.deepEqual(await visitor.texts(), [text]);
    await page.reload();
    assert.equal(await page.inputValue("#description"), "");
  });

  scenario(`logging out in one tab shows in the other at its next step, ${name}`, { javaScript }, async (visitor) => {
    const { page } = visitor;
    await visitor.signUp();
    visitor.expect(401, 403);
    const other = await visitor.tab("/");
    await Promise.all([other.waitForEvent("load"), other.getByRole("button", { name: "Log out" }).click()]);
    await page.fill("#description", "Not lost");
    await visitor.go(() => page.press("#description", "Enter"));
    await visitor.logIn();
    assert.equal(await page.inputValue("#description"), "Not lost");
  });
}

scenario("half a text survives when another step finds the session ended", {}, async (visitor) => {
  const { page, context } = visitor;
  visitor.expect(401);
  await visitor.signUp();
  await visitor.stock(["A to-do"]);
  await page.getByRole("link", { name: "Open" }).click();
  const steps = [() => page.getByRole("checkbox", { name: "A to-do" }).click(), () => comesToFront(page)];
  for (const step of steps) {
    await page.fill("#description", "Half a thought");
    await context.clearCookies();
    await visitor.go(step);
    await visitor.logIn();
    assert.equal(await page.inputValue("#description"), "Half a thought");
    assert.equal(await page.textContent("nav [aria-current]"), "Open");
  }
});
