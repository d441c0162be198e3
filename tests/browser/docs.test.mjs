// Swagger UI: what it shows, what it asks for, and a first visit through it alone.

import { assert, base, scenario, secret } from "./support.mjs";

const phone = { viewport: { width: 390, height: 800 } };

/** Opens the page and waits until it lists the calls. */
async function open(visitor, query = "") {
  await visitor.page.goto(`/api/docs${query}`);
  await visitor.page.locator(".opblock").first().waitFor();
}

/** Unfolds a call that is folded. */
async function openCall(page, name) {
  const call = page.locator(`[id$="-${name}"].opblock`);
  // By keyboard: after a reload the page scrolls to the call that was open, away from under a mouse.
  await call.locator(".opblock-summary-control").press("Enter");
  await call.getByRole("button", { name: "Execute" }).waitFor();
  return call;
}

/** Executes a call as a person does, and gives the status and the body that are shown. Without a body, as it is filled in. */
async function execute(page, name, body) {
  const call = await openCall(page, name);
  if (body) await call.locator("textarea.body-param__text").fill(JSON.stringify(body));
  await call.getByRole("button", { name: "Execute" }).click();
  const answer = call.locator(".live-responses-table .response").first();
  const status = Number.parseInt(await answer.locator(".response-col_status").innerText(), 10);
  return { status, body: JSON.parse(await answer.locator("code.language-json").first().textContent()) };
}

/** Every call of the document, as `POST /login`. */
async function documented({ page }) {
  const { paths } = await (await page.request.get("/api/openapi.json")).json();
  const calls = Object.entries(paths).flatMap(([path, methods]) =>
    Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
  );
  return calls.sort();
}

async function listed({ page }) {
  const calls = await page.locator(".opblock-summary").evaluateAll((all) =>
    all.map((one) => {
      const method = one.querySelector(".opblock-summary-method").textContent;
      return `${method} ${one.querySelector("[data-path]").dataset.path}`;
    }),
  );
  return calls.sort();
}

for (const query of ["", "?url=https://other.example/openapi.json&configUrl=https://other.example/config.json"]) {
  scenario(`Swagger UI lists every call and asks nobody else, at /api/docs${query}`, {}, async (visitor) => {
    const foreign = [];
    visitor.context.on("request", (request) => {
      const { origin, protocol } = new URL(request.url());
      if (origin !== base && protocol !== "data:") foreign.push(request.url());
    });
    await open(visitor, query);
    assert.equal(await visitor.page.title(), "API – Tickbox");
    assert.deepEqual(await listed(visitor), await documented(visitor));
    await visitor.page.waitForLoadState("networkidle");
    assert.deepEqual(foreign, []);
    await visitor.shoot("docs");
  });
}

for (const colorScheme of ["light", "dark"]) {
  scenario(`Swagger UI follows the ${colorScheme} look of the system, and fits a phone`, { ...phone, colorScheme }, async (visitor) => {
    const { page } = visitor;
    await open(visitor);
    await openCall(page, "register_user");
    const { width, ink } = await page.evaluate(() => ({
      width: document.documentElement.scrollWidth,
      ink: getComputedStyle(document.querySelector(".info .title")).color,
    }));
    assert.equal(width, phone.viewport.width);
    const lightest = Math.max(...ink.match(/\d+/g).slice(0, 3));
    assert.equal(lightest > 128 ? "dark" : "light", colorScheme, `words of ${ink}`);
    await visitor.shoot(`docs phone ${colorScheme}`);
  });
}

scenario("without JavaScript the page leads to the document", { javaScript: false }, async (visitor) => {
  const { page } = visitor;
  await page.goto("/api/docs");
  const words = page.locator("noscript p");
  assert.match(await words.innerText(), /needs JavaScript/);
  assert.equal(await words.locator("a").getAttribute("href"), "/api/openapi.json");
  await visitor.shoot("docs without JavaScript");
});

scenario("Swagger UI alone registers, logs in, and adds as it is filled in", {}, async (visitor) => {
  const { page, username, password } = visitor;
  await open(visitor);
  const names = { first_name: "Ona", last_name: "Petraitė", username };
  const registered = await execute(page, "register_user", { ...names, password });
  assert.equal(registered.status, 201);
  assert.equal(registered.body.user_name, username);

  const loggedIn = await execute(page, "login", { username, password });
  assert.equal(loggedIn.status, 200);
  secret(loggedIn.body.refresh_token);
  await authorize(page, secret(loggedIn.body.token));
  await page.reload();
  await page.locator(".auth-wrapper .authorize.locked").waitFor();

  const added = await execute(page, "add_todo");
  assert.equal(added.status, 201);
  assert.equal(added.body.description, "Buy milk");
  await visitor.shoot("docs to-do added");

  for (const call of ["todo_list", "todo_changes"]) {
    const { status, body } = await execute(page, call);
    assert.deepEqual([status, body.todos.map(({ description }) => description)], [200, ["Buy milk"]], call);
  }
  const edited = await execute(page, "update_todo");
  assert.deepEqual([edited.status, edited.body.description], [200, "Buy oat milk"]);
});

async function authorize(page, token) {
  await page.locator(".auth-wrapper .authorize").click();
  const dialog = page.locator(".dialog-ux");
  await dialog.locator("input").fill(token);
  await dialog.locator(".modal-btn.authorize").click();
  await dialog.getByText("Authorized").waitFor();
  await dialog.locator(".btn-done").click();
  await dialog.waitFor({ state: "detached" });
}
