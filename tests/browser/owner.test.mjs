// Two people, one browser: a page goes on belonging to the account that it was made for.

import { assert, modes, scenario } from "./support.mjs";

const words = /Somebody else has logged in with this browser/;

/** Ona's page stays open while Jonas logs in beside it. Gives his tab. */
async function changesHands(ona, jonas) {
  await jonas.signUp({ firstName: "Jonas" });
  await jonas.stock(["Secret of Jonas"]);
  const tab = await ona.tab("/login");
  await ona.context.clearCookies();
  await tab.goto("/login");
  await tab.fill("#username", jonas.username);
  await tab.fill("#password", jonas.password);
  await Promise.all([tab.waitForURL("/"), tab.click("form .button")]);
  return tab;
}

/** The texts of somebody's rows, asked for with a browser of their own. */
async function rowsOf(one) {
  await one.page.goto("/");
  return one.texts();
}

for (const { javaScript, name } of modes) {
  const acts = [
    (page) => page.press("#description", "Enter"),
    (page) => page.getByRole("checkbox", { name: "To-do of Ona" }).click(),
    (page) => page.getByRole("button", { name: "Remove “To-do of Ona”" }).click(),
  ];
  scenario(`in a page of somebody else every button is refused with words, ${name}`, { javaScript }, async (visitor, enter) => {
    visitor.expect(409);
    const jonas = await enter({ javaScript });
    await visitor.signUp();
    await visitor.stock(["To-do of Ona"]);
    const pages = [];
    for (const act of acts) pages.push([await visitor.tab("/"), act]);
    const tab = await changesHands(visitor, jonas);
    for (const [page, act] of pages) {
      await page.fill("#description", "Half a thought");
      await act(page);
      await page.waitForFunction(() => document.querySelector("main").textContent.includes("Somebody else has logged in"));
      const main = await page.innerText("main");
      assert(!main.includes("Jonas"), main);
      if (javaScript) {
        assert.equal(await page.inputValue("#description"), "Half a thought");
        assert.deepEqual(await visitor.texts(page), ["To-do of Ona"]);
      }
    }
    assert.deepEqual(await visitor.texts(tab), ["Secret of Jonas"]);
    assert.deepEqual(await rowsOf(jonas), ["Secret of Jonas"]);
    const back = await enter({ javaScript });
    await back.logInAs(visitor);
    assert.deepEqual(await back.texts(), ["To-do of Ona"]);
  });

  scenario(`the pages of somebody else's account log nobody out and change no password, ${name}`, { javaScript }, async (visitor, enter) => {
    visitor.expect(409);
    const jonas = await enter({ javaScript });
    const laptop = await enter({ javaScript });
    await visitor.signUp();
    await laptop.logInAs(visitor);
    const places = ["/", "/account", "/logout", "/sessions", "/sessions", "/change-password"];
    const pages = [];
    for (const place of places) pages.push(await visitor.tab(place));
    const tab = await changesHands(visitor, jonas);
    const [list, account, logout, end, others, password] = pages;
    const presses = [
      [list, "Log out"],
      [account, "Log out"],
      [logout, "Log out"],
      [end, /^End/],
      [others, "Log out everywhere else"],
      [password, "Change the password"],
    ];
    for (const [page, button] of presses) {
      await Promise.all([page.waitForEvent("load"), page.getByRole("button", { name: button, exact: true }).click()]);
      assert.match(await page.innerText("main"), words, String(button));
      await page.getByRole("link", { name: "Load the page again" }).click();
      await page.waitForURL("/");
    }
    await tab.reload();
    assert.deepEqual(await visitor.texts(tab), ["Secret of Jonas"]);
    await laptop.page.reload();
    assert.equal(laptop.path(), "/", "nobody ended the session of the laptop");
  });
}

scenario("a page of somebody else asks for no rows, and says whose it is no more", {}, async (visitor, enter) => {
  const { page } = visitor;
  visitor.expect(409);
  const jonas = await enter();
  await visitor.signUp();
  await visitor.stock(Array.from({ length: 51 }, (_, number) => `To-do ${number} of Ona`));
  const tab = await changesHands(visitor, jonas);
  await visitor.change(() => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))));
  assert.match(await visitor.said(), words);
  await visitor.change(() => page.click("#more a"));
  assert.match(await visitor.said(), words);
  assert.equal((await visitor.texts()).length, 50);
  assert(!(await page.content()).includes("Jonas"));

  // What Jonas does in his tab is none of this page's business.
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  await tab.fill("#description", "Another of Jonas");
  await tab.press("#description", "Enter");
  await tab.waitForFunction(() => document.querySelectorAll("#todos > li").length === 2);
  await tab.evaluate(() => {
    const { account } = document.querySelector("main").dataset;
    new BroadcastChannel("tickbox").postMessage({ account, rev: 1_000_000 });
  });
  await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 300)));
  assert.deepEqual(asked, []);
  await visitor.go(() => page.getByRole("link", { name: "Load the page again" }).click());
  assert.deepEqual(await visitor.texts(), ["Another of Jonas", "Secret of Jonas"]);
});

scenario("what was typed before a session ended is not given to somebody else", {}, async (visitor, enter) => {
  const { page, context } = visitor;
  visitor.expect(401);
  const jonas = await enter();
  await jonas.signUp();
  await visitor.signUp();
  await page.fill("#description", "Half a thought of Ona");
  await context.clearCookies();
  await visitor.go(() => page.press("#description", "Enter"));
  const login = page.url();
  await page.fill("#username", jonas.username);
  await page.fill("#password", jonas.password);
  await visitor.go(() => page.click("form .button"));
  assert.equal(await page.inputValue("#description"), "");
  await context.clearCookies();
  await page.goto(login);
  await visitor.logIn();
  assert.equal(await page.inputValue("#description"), "Half a thought of Ona");
});

scenario("no field and no id in a form is named as a property of elements", {}, async (visitor, enter) => {
  visitor.expect(422);
  const stranger = await enter();
  stranger.expect(422);
  await visitor.signUp();
  await visitor.stock(Array.from({ length: 51 }, (_, number) => `To-do ${number}`));
  const laptop = await enter();
  await laptop.logInAs(visitor);
  const seen = new Set();
  const look = async ({ page }) => {
    const { names, bad } = await page.evaluate(() => {
      const fresh = document.createElement("form");
      const forms = [...document.forms];
      const named = forms.flatMap((form) => [...form.querySelectorAll("input, button, select, textarea, output, object, fieldset, img")]);
      const names = named.flatMap((field) => [field.getAttribute("name"), field.id]).filter(Boolean);
      return { names, bad: names.filter((name) => name in fresh || name in document.createElement("li")) };
    });
    for (const name of names) seen.add(name);
    assert.deepEqual(bad, [], `in ${page.url()}`);
  };
  for (const address of ["/", "/?show=open", "/account", "/settings", "/logout", "/sessions", "/change-password"]) {
    await visitor.page.goto(address);
    await look(visitor);
  }
  await visitor.page.goto("/");
  await visitor.page.goto(await visitor.page.getAttribute("#more a", "href"));
  await look(visitor);
  await visitor.page.goto("/");
  await visitor.change(() => visitor.page.getByRole("button", { name: "Remove “To-do 50”" }).click());
  await look(visitor);
  await visitor.change(() => visitor.page.press("#description", "Enter"));
  await look(visitor);
  for (const address of ["/login", "/login?next=%2Faccount", "/register"]) {
    await stranger.page.goto(address);
    await look(stranger);
  }
  for (const name of ["account", "todo_id", "is_done", "is_removed", "show", "cursor", "session_id", "next", "undo"]) {
    assert(seen.has(name), `${name} was seen`);
  }
});

scenario("after three removals the list has as many items as to-dos", {}, async (visitor) => {
  const { page, context } = visitor;
  await visitor.signUp();
  await visitor.stock(["Five", "Four", "Three", "Two", "One"]);
  for (const text of ["One", "Three", "Four"]) {
    await visitor.change(() => page.getByRole("button", { name: `Remove “${text}”` }).click());
  }
  const session = await context.newCDPSession(page);
  const { nodes } = await session.send("Accessibility.getFullAXTree");
  const items = nodes.filter(({ ignored, role }) => !ignored && role.value === "listitem");
  assert.equal(items.length, 2);
  const heights = await page.locator("#todos > *").evaluateAll((all) => all.map((one) => one.getBoundingClientRect().height));
  assert.equal(heights.filter((height) => height > 0).length, 2);
  await visitor.change(() => page.click("#undo"));
  assert.deepEqual(await visitor.texts(), ["Two", "Four", "Five"]);
});

// WebKit has no moveBefore: what a morph moves loses the keyboard.
scenario("the keyboard stays where it is without moveBefore, for each action and refresh", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.context.addInitScript(() => delete Element.prototype.moveBefore);
  await visitor.signUp();
  await visitor.stock(["Third", "Second", "First"]);
  const check = visitor.row("Second").getByRole("checkbox");
  const id = await check.getAttribute("id");
  const steps = [
    () => page.keyboard.press("Space"),
    () => page.keyboard.press("Space"),
    () => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))),
    async () => {
      await visitor.post("/", { description: "New" });
      await page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
    },
  ];
  await check.focus();
  for (const step of steps) {
    await visitor.change(step);
    assert.equal(await visitor.focused(), id);
  }
  const remove = page.getByRole("button", { name: "Remove “Third”" });
  await remove.focus();
  const removeId = await remove.getAttribute("id");
  await visitor.change(steps[2]);
  assert.equal(await visitor.focused(), removeId);
});
