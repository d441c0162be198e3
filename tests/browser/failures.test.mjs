// When the network or something on the way fails: words that say so, and nothing lost.

import { assert, scenario } from "./support.mjs";

const unreachable = /could not be reached.*Nothing you typed is lost.*try again/;
const gateway = "<!doctype html><html><head><title>502</title></head><body><h1>Bad Gateway</h1></body></html>";

/** Adds while something is wrong, and looks whether all is as it was but for the words. */
async function failsToAdd(visitor, words) {
  const { page } = visitor;
  await visitor.add("Typed with care");
  assert.match(await visitor.said(), words);
  assert.equal(await page.inputValue("#description"), "Typed with care");
  assert.equal(await visitor.focused(), "description");
  assert.equal(await page.title(), "My to-do list – Tickbox");
  assert.deepEqual(await visitor.texts(), ["There before"]);
}

/** Adds what was typed when all is well again. */
async function addsAtLast(visitor) {
  await visitor.change(() => visitor.page.press("#description", "Enter"));
  assert.match(await visitor.said(), /^Added/);
  assert.deepEqual(await visitor.texts(), ["Typed with care", "There before"]);
}

scenario("without a network the page says so, keeps the text and goes on later", {}, async (visitor) => {
  visitor.expect("ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch");
  await visitor.signUp();
  await visitor.stock(["There before"]);
  await visitor.context.setOffline(true);
  await failsToAdd(visitor, unreachable);
  await visitor.change(() => visitor.row("There before").getByRole("checkbox").click());
  assert.match(await visitor.said(), unreachable);
  await visitor.context.setOffline(false);
  await addsAtLast(visitor);
});

scenario("an answer that does not come is given up, and the text stays", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect("htmx:error");
  await visitor.signUp();
  await visitor.stock(["There before"]);
  await page.evaluate(() => (window.htmx.config.defaultTimeout = 100));
  await page.route("**/", () => {});
  await failsToAdd(visitor, unreachable);
  await page.unroute("**/");
  await page.evaluate(() => (window.htmx.config.defaultTimeout = 15_000));
  await addsAtLast(visitor);
});

const unable = /cannot answer right now.*Nothing you typed is lost.*try again/;
const intercepted = /Something between you and Tickbox has answered.*Nothing you typed is lost: reload/;

for (const [status, words] of [[502, unable], [404, unable], [200, intercepted]]) {
  scenario(`a page of something in between with status ${status} replaces nothing`, {}, async (visitor) => {
    const { page } = visitor;
    visitor.expect(502, 404);
    await visitor.signUp();
    await visitor.stock(["There before"]);
    await page.route("**/", (route) => route.fulfill({ status, contentType: "text/html", body: gateway }));
    await failsToAdd(visitor, words);
    await page.unroute("**/");
    await addsAtLast(visitor);
  });
}

scenario("when our own script fails htmx still adds, and a gateway's page replaces nothing", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect(404, "ours fails");
  await page.route("**/assets/app-*.js", async (route) => {
    const script = await (await route.fetch()).text();
    const failing = script.replace('"use strict";', 'throw new Error("ours fails");');
    assert.notEqual(failing, script);
    await route.fulfill({ contentType: "text/javascript", body: failing });
  });
  await visitor.signUp();
  await visitor.add("There before");
  assert.equal(await visitor.said(), "Added “There before”.");
  await page.route("**/", (route) => route.fulfill({ status: 404, contentType: "text/html", body: gateway }));
  await visitor.add("Typed with care");
  assert.equal(await page.inputValue("#description"), "Typed with care");
  assert.deepEqual(await visitor.texts(), ["There before"]);
});

scenario("our own words about a failure are shown", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect(503);
  await visitor.signUp();
  await visitor.stock(["There before"]);
  const words = "We cannot answer right now.";
  const body = `<hx-partial hx-target="#status" hx-swap="innerHTML"><p class="failure">${words}</p></hx-partial>`;
  await page.route("**/", (route) => route.fulfill({ status: 503, contentType: "text/html", body }));
  await failsToAdd(visitor, new RegExp(`^${words}$`));
  await page.unroute("**/");
  await addsAtLast(visitor);
});

scenario("a list that cannot catch up with other tabs keeps still", {}, async (visitor) => {
  const { page } = visitor;
  visitor.expect("ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch", 502, 503);
  await visitor.signUp();
  await visitor.add("There before");
  const catchUp = () =>
    visitor.change(() => page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))));
  await visitor.context.setOffline(true);
  await catchUp();
  await visitor.context.setOffline(false);
  const partial = '<hx-partial hx-target="#status" hx-swap="innerHTML">No</hx-partial>';
  for (const [status, body] of [[502, gateway], [503, partial]]) {
    await page.route("**/", (route) => route.fulfill({ status, contentType: "text/html", body }));
    await catchUp();
    await page.unroute("**/");
  }
  assert.equal(await visitor.said(), "Added “There before”.");
  assert.deepEqual(await visitor.texts(), ["There before"]);
});
