// What is typed stays: for its owner, until it is added or its owner logs out.

import { assert, scenario } from "./support.mjs";

const field = (page) => page.inputValue("#description");
const reload = (visitor) => visitor.page.reload();
const click = (visitor, name) => visitor.go(() => visitor.page.getByRole("link", { name, exact: true }).click());

/** What this tab keeps in its storage. */
const kept = (page) => page.evaluate(() => JSON.stringify(sessionStorage));

/** Pastes as from another program. */
async function paste(visitor, text) {
  await visitor.page.focus("#description");
  await visitor.page.evaluate((text) => {
    const clipboardData = new DataTransfer();
    clipboardData.setData("text/plain", text);
    const event = new ClipboardEvent("paste", { clipboardData, bubbles: true, cancelable: true });
    // What a browser does by itself with a text that nobody takes from it.
    if (document.activeElement.dispatchEvent(event)) document.execCommand("insertText", false, text.replace(/[\r\n]/g, ""));
  }, text);
}

scenario("what is typed survives a filter, another page and back, and a reload", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await page.locator("#description").pressSequentially("Half a “thought” & more");
  const ways = {
    filter: () => click(visitor, "Open"),
    account: async () => (await click(visitor, "Account"), page.goBack({ waitUntil: "commit" })),
    link: async () => (await click(visitor, "Account"), click(visitor, "Back to the list")),
    reload: () => reload(visitor),
  };
  for (const [name, way] of Object.entries(ways)) {
    await way();
    await page.waitForFunction(() => document.querySelector("#description")?.value, null, { timeout: 5_000 }).catch(() => {});
    assert.equal(await field(page), "Half a “thought” & more", name);
  }
  await visitor.change(() => page.press("#description", "Enter"));
  await reload(visitor);
  assert.equal(await field(page), "");
  assert.deepEqual(await visitor.texts(), ["Half a “thought” & more"]);
  assert(!(await kept(page)).includes("thought"));
});

scenario("what is typed on while a to-do is being added is a draft, too", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await page.route("**/", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    const response = await route.fetch();
    await page.keyboard.type(" and bread");
    await route.fulfill({ response });
  });
  await visitor.add("milk");
  await reload(visitor);
  assert.equal(await field(page), " and bread");
});

scenario("a draft is its owner's alone, and gone when its owner logs out", {}, async (visitor, enter) => {
  const { page, context } = visitor;
  const neighbour = await enter();
  await neighbour.signUp({ firstName: "Jonas" });
  await visitor.signUp();
  await page.locator("#description").pressSequentially("Only mine");
  await context.clearCookies();
  await visitor.logInAs(neighbour);
  assert.equal(await field(page), "");
  await context.clearCookies();
  await visitor.logInAs(visitor);
  assert.equal(await field(page), "Only mine");
  await visitor.go(() => page.getByRole("button", { name: "Log out" }).click());
  assert(!(await kept(page)).includes("Only mine"));
  await visitor.logInAs(visitor);
  assert.equal(await field(page), "");
});

scenario("a session that has ended takes the text along in no address", {}, async (visitor) => {
  const { page, context } = visitor;
  const asked = [];
  page.on("request", (request) => asked.push(request.url()));
  visitor.expect(401);
  await visitor.signUp();
  await page.fill("#description", "Nobody else's business");
  await context.clearCookies();
  await visitor.go(() => page.press("#description", "Enter"));
  await visitor.logIn();
  assert.equal(await field(page), "Nobody else's business");
  assert.deepEqual(asked.filter((url) => url.includes("business")), []);
});

scenario("when only the answer was lost, adding the draft again adds nothing twice", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect("ERR_FAILED", "htmx:error: Failed to fetch");
  await visitor.signUp();
  await page.route("**/", async (route) => {
    if (route.request().method() !== "POST") return route.continue();
    await route.fetch();
    await route.abort();
  });
  await page.locator("#description").pressSequentially("Only once");
  await visitor.change(() => page.press("#description", "Enter"));
  await page.unroute("**/");
  await reload(visitor);
  assert.equal(await field(page), "Only once");
  await visitor.change(() => page.press("#description", "Enter"));
  assert.deepEqual(await visitor.texts(), ["Only once"]);
});

// Chromium fetches the page again and fills it in, unless the field says `autocomplete="off"`; WebKit keeps
// the page in memory (by plain http). Firefox keeps nothing of a page with `no-store`, which must stay: without
// a script nothing else keeps a list from being shown after logout. No engine brings it back after a reload.
scenario("without JavaScript Back brings the text back", { javaScript: false }, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await page.locator("#description").pressSequentially("Half a thought");
  await click(visitor, "Account");
  await page.goBack({ waitUntil: "commit" });
  await page.locator("#description").waitFor();
  assert.equal(await field(page), "Half a thought");
});

scenario("nothing that is pasted is cut, and the length is told before and after", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect(422);
  await visitor.signUp();
  await paste(visitor, "a".repeat(401));
  assert.equal((await field(page)).length, 401);
  assert.equal(await page.textContent(".length [aria-hidden]"), "201 characters too many");
  await page.waitForFunction(() => document.querySelector(".length [role=status]").textContent === "201 characters too many");
  await visitor.shoot("too many characters");
  await visitor.change(() => page.press("#description", "Enter"));
  assert.match(await page.textContent("#description-error"), /it has 401$/);
  await page.fill("#description", "𠜎".repeat(199));
  assert.equal(await page.textContent(".length [aria-hidden]"), "1 character left");
  await page.fill("#description", "short");
  assert(await page.locator(".length [aria-hidden]").isHidden());
});

scenario("no field cuts what is pasted", {}, async (visitor) => {
  const { page } = visitor;
  const fields = () => page.locator("[maxlength]").count();
  for (const path of ["/login", "/register"]) {
    await page.goto(path);
    assert.equal(await fields(), 0, path);
  }
  await visitor.signUp();
  for (const path of ["/", "/change-password"]) {
    await page.goto(path);
    assert.equal(await fields(), 0, path);
  }
});

scenario("half a date is not saved as none", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Buy milk"]);
  await visitor.change(() => visitor.row("Buy milk").locator(".text > a").click());
  await page.fill(".edit [name=due_date]", "2026-12-24");
  await page.focus(".edit [name=due_date]");
  await page.keyboard.press("Delete"); // one of three parts
  assert.equal(await page.inputValue(".edit [name=due_date]"), "");
  await page.getByRole("button", { name: "Save" }).click();
  assert.equal(await page.evaluate(() => document.activeElement.name), "due_date");
  assert.equal(await page.locator("form.edit").count(), 1, "the browser says what is missing");
  await page.fill(".edit [name=due_date]", "2026-12-24");
  await visitor.change(() => page.getByRole("button", { name: "Save" }).click());
  assert.equal(await page.getAttribute("#todos small time", "datetime"), "2026-12-24");
});

scenario("notes grow with what stands in them, and their length is told", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Buy milk"]);
  await visitor.change(() => visitor.row("Buy milk").locator(".text > a").click());
  const notes = page.locator(".edit textarea");
  const { height } = await notes.boundingBox();
  await notes.fill("line\n".repeat(10));
  assert((await notes.boundingBox()).height > height * 1.5);
  // At once: Chromium types thousands of lines for many seconds.
  await notes.evaluate((field) => {
    field.value = `${"ž\n".repeat(2_500)}a`;
    field.dispatchEvent(new Event("input", { bubbles: true }));
  });
  assert.equal(await page.textContent(".edit textarea + .length [aria-hidden]"), "1 character too many");
  visitor.expect(422);
  await visitor.change(() => page.getByRole("button", { name: "Save" }).click());
  assert.match(await page.textContent(".edit .error"), /they have 5001$/);
  assert.equal((await notes.inputValue()).length, 5_001, "nothing is cut");
});

const three = "First\r\n\r\n  Second\tof all\nThird <b>\n";
const rows = ["First", "Second of all", "Third <b>"];
const addAll = (visitor, name) => visitor.page.getByRole("button", { name, exact: true });
const isThrough = (visitor) => visitor.page.waitForFunction(() => !document.querySelector("#description").readOnly);

scenario("several pasted lines are added each, in their order, by keyboard", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["There before"]);
  await paste(visitor, three);
  assert.equal(await field(page), rows.join(" "));
  assert.equal(await page.textContent("#lines [role=status]"), "These are 3 lines.");
  await visitor.shoot("lines");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await isThrough(visitor);
  assert.deepEqual(await visitor.texts(), [...rows, "There before"]);
  assert.equal(await field(page), "");
  assert.equal(await visitor.focused(), "description");
  assert(await addAll(visitor, "Keep as one").isHidden());
  await reload(visitor);
  assert.equal(await field(page), "");
  assert.deepEqual(await visitor.texts(), [...rows, "There before"]);
});

scenario("several pasted lines can be kept as one", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await paste(visitor, three);
  await addAll(visitor, "Keep as one").click();
  assert.equal(await visitor.focused(), "description");
  await visitor.change(() => page.press("#description", "Enter"));
  assert.deepEqual(await visitor.texts(), [rows.join(" ")]);
});

scenario("a failure in the middle of several lines loses nothing, and a lost answer adds nothing twice", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect("ERR_FAILED", "htmx:error: Failed to fetch");
  await visitor.signUp();
  let posts = 0;
  await page.route("**/", async (route) => {
    if (route.request().method() !== "POST" || ++posts !== 2) return route.continue();
    await route.fetch();
    await route.abort();
  });
  await paste(visitor, three);
  await addAll(visitor, "Add 3 to-dos").click();
  await isThrough(visitor);
  assert.equal(await field(page), "First Second of all");
  assert.match(await visitor.said(), /could not be reached/);
  await reload(visitor);
  assert.equal(await field(page), "First Second of all");
  await addAll(visitor, "Add 2 to-dos").click();
  await isThrough(visitor);
  await reload(visitor);
  assert.deepEqual(await visitor.texts(), rows);
});

scenario("of several lines, one that is refused stays in the field and is named", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect(422);
  await visitor.signUp();
  const long = "b".repeat(201);
  await paste(visitor, ["First", long, "Third"].join("\n"));
  await addAll(visitor, "Add 3 to-dos").click();
  await isThrough(visitor);
  assert.deepEqual(await visitor.texts(), ["First", "Third"]);
  assert.equal(await field(page), long);
  assert.match(await page.textContent("#lines [role=status]"), /was not added.*it has 201/);
});

scenario("too many lines, and lines within a text, become one text and are all there", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await paste(visitor, Array.from({ length: 101 }, (_, index) => `Line ${index}`).join("\n"));
  assert.match(await page.textContent("#lines [role=status]"), /101 lines.*Up to 100/);
  assert.equal(await page.locator("#lines button:visible").count(), 0);
  await page.fill("#description", "Buy: ");
  await paste(visitor, "milk\nbread");
  assert.equal(await field(page), "Buy: milk bread");
  assert.equal(await page.locator("#lines button:visible").count(), 0);
});
