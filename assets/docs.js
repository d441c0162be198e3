// Starts Swagger UI, which the script before this one has defined, on the document that the page names.

const element = document.getElementById("docs");
const url = element.dataset.document;

/** The document with the server of this page: a proxy that is not trusted could have it say http. */
async function ownDocument() {
  const response = await fetch(url);
  if (!response.ok) return { url }; // Swagger UI says what is wrong
  const spec = await response.json();
  return { spec: { ...spec, servers: [{ url: "/api/v1" }] } };
}

const dark = matchMedia("(prefers-color-scheme: dark)");

// Swagger UI has both looks, and leaves the choice to the page around it.
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

SwaggerUIBundle({
  domNode: element,
  ...(await ownDocument()),
  validatorUrl: null, // it would send the document to a server of Swagger's
  layout: "BaseLayout",
  deepLinking: true,
  docExpansion: "list",
  displayRequestDuration: true,
  tryItOutEnabled: true,
  persistAuthorization: true, // a reload keeps the token, until Logout in the same dialog
});
