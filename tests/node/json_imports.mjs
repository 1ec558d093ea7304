// Node 20 imports a JSON file only with an attribute, which @actions/languageservice leaves out.
import * as module from "node:module";

const attributes = { type: "json" };

if (module.registerHooks) {
  module.registerHooks({
    load: (url, context, next) =>
      next(url, url.endsWith(".json") ? { ...context, importAttributes: attributes } : context),
  });
} else {
  const hook = `export const load = (url, context, next) =>
    next(url, url.endsWith(".json")
      ? { ...context, importAttributes: ${JSON.stringify(attributes)} } : context);`;
  module.register(`data:text/javascript,${encodeURIComponent(hook)}`);
}
