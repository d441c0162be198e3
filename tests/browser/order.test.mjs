// Answers that overtake each other: each pair of actions in every order of reaching the server and of
// being answered. At the end the page and the server agree, and the count never goes back meanwhile.

import { assert, base, numbered, scenario } from "./support.mjs";

/** A promise that is kept from outside. */
class Gate {
  promise = new Promise((resolve) => (this.open = resolve));
}

/** Lets a request go when told, and its answer come when told. */
class Held {
  #go = new Gate();
  #come = new Gate();
  #gone = new Gate();
  #here = new Gate();

  /** The request reaches the server, and is answered there. */
  async go() {
    this.#go.open();
    await this.#gone.promise;
  }

  /** The answer reaches the page. */
  async come() {
    this.#come.open();
    await this.#here.promise;
  }

  async carry(route) {
    await this.#go.promise;
    const response = await route.fetch();
    this.#gone.open();
    await this.#come.promise;
    await route.fulfill({ response });
    // Read to its end by the page: a row that is gone meanwhile says no more that it waits.
    await (await route.request().response()).finished();
    this.#here.open();
  }
}

/** Every order of two requests, each of which goes before its answer comes. */
const orders = ["go a, come a, go b, come b", "go a, go b, come a, come b", "go a, go b, come b, come a"].flatMap(
  (order) => [order, order.replace(/[ab]/g, (which) => (which === "a" ? "b" : "a"))],
);

const box = (text) => async ({ visitor }) => visitor.row(text).getByRole("checkbox").click();
const remove = (text) => async ({ page }) => page.getByRole("button", { name: `Remove “${text}”` }).click();
const undo = async ({ page }) => page.click("#undo");
const add = (text) => async ({ page }) => {
  await page.fill("#description", text);
  await page.press("#description", "Enter");
};
const refresh = async ({ page }) => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange")));
const showMore = async ({ page }) => page.click("#more a");

const three = { stock: ["Third", "Second", "First"] };
const afterRemoving = { ...three, before: remove("First") };
const many = { stock: numbered(52) };
// It stands on top, and among the next rows too.
const afterCompleting = { ...many, before: box("To-do 1") };

const pairs = [
  ["two rows", three, box("First"), box("Second")],
  ["a row and Add", three, box("First"), add("New")],
  ["a refresh and a row", three, refresh, box("First")],
  ["a refresh and Add", three, refresh, add("New")],
  ["a refresh and Remove", three, refresh, remove("First")],
  ["two Removes", three, remove("First"), remove("Second")],
  ["a row and its Remove", three, box("First"), remove("First")],
  ["Undo and Remove", afterRemoving, undo, remove("Second")],
  ["Undo and a refresh", afterRemoving, undo, refresh],
  ["Show more and Add", many, showMore, add("New")],
  ["Show more and a row", afterCompleting, showMore, box("To-do 1")],
  ["Show more and Remove", afterCompleting, showMore, remove("To-do 1")],
  ["a refresh and Show more", many, refresh, showMore],
];

for (const [name, situation, a, b] of pairs) {
  scenario(`${name}, in every order of going and coming, leave what the server has`, {}, async (_, enter) => {
    for (const order of orders) {
      const visitor = await enter();
      visitor.expect(404); // what was removed first cannot be completed
      await visitor.signUp();
      await visitor.stock(situation.stock);
      const tab = { visitor, page: visitor.page };
      if (situation.before) await visitor.change(() => situation.before(tab));
      await watchCount(visitor.page);
      await inOrder(tab, { a, b }, order);
      await agrees(visitor, order);
    }
  });
}

scenario("a late answer about a row that the newer one left alone still shows it", {}, async (visitor) => {
  await visitor.signUp();
  await visitor.stock(["Second", "First"]);
  const tab = { visitor, page: visitor.page };
  await inOrder(tab, { a: box("First"), b: box("Second") }, "go a, go b, come b, come a");
  assert.equal(await visitor.page.locator("#todos > .done").count(), 2);
  assert.equal(await visitor.said(), "Done: “Second”.");
  assert.equal(await visitor.page.textContent("#count"), "0 of 2 open");
});

scenario("the late answer to Add neither shows a row twice nor brings it back", {}, async (visitor) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Stays"]);
  const tab = { visitor, page };
  for (const isListedAgain of [false, true]) {
    const held = new Held();
    await page.route("**/", (route) => (route.request().method() === "POST" ? held.carry(route) : route.continue()));
    await add("Brief")(tab);
    await held.go();
    await visitor.change(() => refresh(tab));
    assert.deepEqual(await visitor.texts(), ["Brief", "Stays"]);
    await visitor.change(() => remove("Brief")(tab));
    if (isListedAgain) await visitor.change(() => refresh(tab));
    await visitor.change(() => held.come());
    assert.deepEqual(await visitor.texts(), ["Stays"]);
    assert.equal(await page.textContent("#count"), "1 of 1 open");
    assert.equal(await visitor.said(), "Removed “Brief”.");
    await page.unroute("**/");
  }
});

scenario("a list that comes while more is asked for leaves no gap", {}, async (visitor, enter) => {
  await visitor.signUp();
  await visitor.stock(numbered(55));
  const phone = await enter();
  await phone.logInAs(visitor);
  await phone.add("From the phone");
  await inOrder({ visitor, page: visitor.page }, { a: refresh, b: showMore }, "go a, go b, come a, come b");
  const texts = await visitor.texts();
  for (const text of numbered(55)) assert(texts.includes(text), `${text} is missing`);
});

scenario("an overtaken list is asked for again, at once and once", {}, async (visitor, enter) => {
  const { page } = visitor;
  await visitor.signUp();
  await visitor.stock(["Here"]);
  const asked = [];
  page.on("request", (request) => {
    if (request.method() === "GET" && request.resourceType() === "fetch") asked.push(request.url());
  });
  const phone = await enter();
  await phone.logInAs(visitor);
  const tab = { visitor, page };
  const onPhone = async () => {
    await box("Here")(tab);
    await phone.add("From the phone");
  };
  await inOrder(tab, { a: refresh, b: onPhone }, "go a, go b, come b, come a");
  await page.waitForFunction(() => document.querySelectorAll("#todos > li").length === 2);
  await agrees(visitor);
  assert.deepEqual(asked, [`${base}/`, `${base}/`]);
});

/** Does both, and lets requests and answers pass in that order. */
async function inOrder(tab, acts, order) {
  const { page } = tab;
  const held = { a: new Held(), b: new Held() };
  const waiting = [held.a, held.b];
  await page.route("**/*", (route) => {
    const next = waiting.shift();
    return next ? next.carry(route) : route.continue();
  });
  for (const which of ["a", "b"]) {
    const asked = page.waitForRequest((request) => request.resourceType() === "fetch");
    await acts[which](tab);
    await asked;
  }
  for (const step of order.split(", ")) {
    const [verb, which] = step.split(" ");
    await held[which][verb]();
    await page.evaluate(() => new Promise((resolve) => setTimeout(resolve, 30)));
  }
  await page.waitForFunction(() => !document.querySelector(".htmx-request, .htmx-settling, .htmx-swapping"));
  await page.unroute("**/*");
}

/** Notes every revision that the count has been of. */
function watchCount(page) {
  return page.evaluate(() => {
    window.revisions = [];
    const note = () => window.revisions.push(Number(document.querySelector("#count").dataset.rev));
    new MutationObserver(note).observe(document.body, { subtree: true, childList: true, attributes: true });
  });
}

/** Rows with their states, in alphabetical order since a row stays where it was changed. */
function shown(page) {
  return page.evaluate(() => {
    const rows = [...document.querySelectorAll("#todos > li")];
    const words = (row) => `${row.querySelector(".check").ariaChecked} ${row.querySelector(".text > a").textContent}`;
    return { rows: rows.map(words).sort(), count: document.querySelector("#count").textContent };
  });
}

/** The page shows what the server has. */
async function agrees(visitor, order = "") {
  const { page } = visitor;
  const revisions = await page.evaluate(() => window.revisions ?? []);
  assert.deepEqual(revisions, [...revisions].sort((one, other) => one - other), `the count went back: ${order}`);
  const onPage = await shown(page);
  const other = await visitor.tab("/");
  const hasMore = (await other.locator("#more a").count()) > 0;
  const isLonger = (await page.locator("#todos[data-longer]").count()) > 0;
  if (hasMore && isLonger) {
    await other.click("#more a");
    await other.waitForSelector("#todos[data-longer]");
  }
  const onServer = await shown(other);
  assert.equal(onPage.count, onServer.count, order);
  // On a page that is not all of the list, a row that was added pushes none off its end.
  const isWhole = !hasMore || isLonger;
  if (isWhole) assert.deepEqual(onPage.rows, onServer.rows, order);
  else for (const row of onServer.rows) assert(onPage.rows.includes(row), `${row} is missing: ${order}`);
}
