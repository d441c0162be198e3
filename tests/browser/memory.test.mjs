// Pages that the browser keeps in memory: after logging out, or when somebody else has logged in, Back
// and Forward show nothing of them, whether the server can be reached or not. Without JavaScript and by
// plain http, WebKit shows them all the same: there `no-store` does not keep a page out of memory.

import { assert, scenario } from "./support.mjs";

const secretText = "Nobody else's business";

/** An account with a to-do, made elsewhere: Chromium keeps no page whose cookies came by another way. */
async function meet(visitor, enter) {
  const elsewhere = await enter();
  await elsewhere.signUp();
  await elsewhere.stock([secretText]);
  Object.assign(visitor, { username: elsewhere.username, password: elsewhere.password });
  visitor.expect("ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch", 401, 404);
  await visitor.page.goto("/login");
  await visitor.logIn();
  assert.deepEqual(await visitor.texts(), [secretText]);
}

const logOut = (visitor) => visitor.go(() => visitor.page.getByRole("button", { name: "Log out" }).click());

/** Goes there and looks at what is shown meanwhile. */
async function showsNothing(visitor, move) {
  const { page } = visitor;
  await page[move]({ waitUntil: "commit" }).catch(() => {});
  for (let look = 0; look < 10; look++) {
    const text = await page.evaluate(() => document.body.innerText).catch(() => "");
    for (const word of [secretText, visitor.username, "Ona"]) assert(!text.includes(word), `${move}: ${text}`);
    await page.waitForTimeout(50);
  }
}

for (const [server, isGone] of [["there", false], ["gone", true]]) {
  scenario(`after logout Back and Forward show nothing of the list, with the server ${server}`, {}, async (visitor, enter) => {
    await meet(visitor, enter);
    await logOut(visitor);
    await visitor.context.setOffline(isGone);
    for (const move of ["goBack", "goForward", "goBack", "goBack"]) await showsNothing(visitor, move);
  });

  scenario(`after logout Back shows nothing of the account and the sessions, with the server ${server}`, {}, async (visitor, enter) => {
    const { page } = visitor;
    await meet(visitor, enter);
    for (const name of ["Account", "See where you are logged in", "Back to the account"]) {
      await visitor.go(() => page.getByRole("link", { name }).click());
    }
    await logOut(visitor);
    await visitor.context.setOffline(isGone);
    for (const move of ["goBack", "goBack", "goBack", "goForward"]) await showsNothing(visitor, move);
  });
}

scenario("when the session has ended Back shows nothing of the list, with the server gone", {}, async (visitor, enter) => {
  const { page, context } = visitor;
  await meet(visitor, enter);
  await page.goto("/healthz");
  await context.clearCookies();
  await context.setOffline(true);
  await showsNothing(visitor, "goBack");
});

scenario("when somebody else has logged in, Back shows their list and nothing of the other", {}, async (visitor, enter) => {
  const { page } = visitor;
  const neighbour = await enter();
  await neighbour.signUp({ firstName: "Jonas" });
  await meet(visitor, enter);
  await page.goto("/healthz");
  const { username, password } = neighbour;
  assert.equal((await visitor.post("/login", { username, password })).status(), 303);
  await showsNothing(visitor, "goBack");
  await page.locator(".name").waitFor();
  assert.equal(await page.textContent(".name"), "Jonas");
});

scenario("a page that comes out of memory is loaded anew, with what was typed in it", {}, async (visitor, enter) => {
  const { page, context } = visitor;
  let kept = 0;
  await page.exposeFunction("noteShown", (isKept) => (kept += isKept ? 1 : 0));
  await context.addInitScript(() => window.addEventListener("pageshow", ({ persisted }) => window.noteShown(persisted)));
  await meet(visitor, enter);
  await page.locator("#description").pressSequentially("Half a thought");
  await page.goto("/healthz");
  const loaded = page.waitForRequest((request) => request.isNavigationRequest());
  await page.goBack({ waitUntil: "commit" }).catch(() => {});
  await loaded;
  await page.locator("#description").waitFor();
  assert.equal(await page.inputValue("#description"), "Half a thought");
  assert.equal(kept, 1, "otherwise nothing was kept in memory, and nothing of this tried");
});
