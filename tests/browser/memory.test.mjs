// Pages that the browser keeps in memory, and what they show when they come out of it: what is there now.
// That they show nothing of who has left, every engine is asked: `leaving.test.mjs`.

import { assert, scenario } from "./support.mjs";

const secretText = "Nobody else's business";

/** An account with a to-do, made elsewhere: Chromium keeps no page whose cookies came by another way. */
async function meet(visitor, enter) {
  const elsewhere = await enter();
  await elsewhere.signUp();
  await elsewhere.stock([secretText]);
  Object.assign(visitor, { username: elsewhere.username, password: elsewhere.password });
  visitor.expect(401, 404);
  await visitor.page.goto("/login");
  await visitor.logIn();
  assert.deepEqual(await visitor.texts(), [secretText]);
}

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
