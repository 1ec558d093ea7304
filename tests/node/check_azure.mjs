// What the official language service for Azure Pipelines finds in pipelines.
//
// Standard input: {"schema": the schema as an object, "files": [{"path", "text"}]}. Standard output:
// [{"path", "line", "column", "message"}].

import { createRequire } from "node:module";
import { text as readAll } from "node:stream/consumers";

const service = createRequire(import.meta.url)("azure-pipelines-language-service");

const { schema, files } = JSON.parse(await readAll(process.stdin));
console.log = () => {}; // it says what it does
const uri = "memory://schema";
const checker = service.getLanguageService(
  async () => service.ParseSchema(JSON.stringify(schema)),
  [],
  async () => uri,
  { resolveRelativePath: (path) => path },
);
checker.configure({ validate: true, schemas: [{ uri, fileMatch: ["*"] }] });
const findings = [];
for (const { path, text } of files) {
  const document = service.TextDocument.create(`memory:///${path}`, "azure-pipelines", 1, text);
  for (const { range, message } of await checker.doValidation(document, service.parse(text))) {
    const { line, character } = range.start;
    findings.push({ path, line: line + 1, column: character + 1, message });
  }
}
process.stdout.write(JSON.stringify(findings));
