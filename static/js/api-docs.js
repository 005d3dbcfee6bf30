// The page of the API's document. A call from the page goes with the session's CSRF token.
"use strict";

function withToken(request) {
  const found = document.cookie.match(/(?:^|; )csrftoken=([^;]+)/);
  if (found) request.headers["X-CSRFToken"] = found[1];
  return request;
}

SwaggerUIBundle({
  url: document.getElementById("swagger-ui").dataset.schema,
  dom_id: "#swagger-ui",
  presets: [SwaggerUIBundle.presets.apis],
  layout: "BaseLayout",
  defaultModelsExpandDepth: -1,
  requestInterceptor: withToken,
});
