"use strict";
// What pip was told on this machine: its variables and files, which uv doesn't read.

const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { WINDOWS } = require("./child.js");

// Options of pip.conf; as variables they are PIP_INDEX_URL and so on.
const CONFIGURED =
  /^\s*(index|extra-index|find-links|no-index|cert|client-cert|proxy|trusted-host|keyring-provider)/i;

/** Whether pip was told where packages come from or how to get there: uv reads none of it. */
function pipIsConfigured(environment, python) {
  const set = Object.keys(environment).some((name) => {
    const [, option] = /^PIP_(.+)$/i.exec(environment[name] ? name : "") || [];
    return option && (option === "CONFIG_FILE" || CONFIGURED.test(option.replaceAll("_", "-")));
  });
  return set || pipFiles(environment, python).some(configures);
}

function configures(file) {
  try {
    return fs
      .readFileSync(file, "utf8")
      .split(/\r?\n/)
      .some((line) => CONFIGURED.test(line));
  } catch {
    return false; // not there; pip can't read it either
  }
}

// pip's own list: pip.pypa.io, "Configuration", location.
function pipFiles(environment, python) {
  const home = environment.HOME || environment.USERPROFILE || os.homedir();
  const installation = path.dirname(path.dirname(python.executable));
  if (WINDOWS) {
    const folders = [environment.ProgramData || environment.PROGRAMDATA, environment.APPDATA];
    const files = folders.filter(Boolean).map((folder) => path.join(folder, "pip", "pip.ini"));
    const beside = path.join(path.dirname(python.executable), "pip.ini");
    return [...files, path.join(home, "pip", "pip.ini"), beside];
  }
  const config = environment.XDG_CONFIG_HOME || path.join(home, ".config");
  const shared = (environment.XDG_CONFIG_DIRS || "/etc/xdg").split(":").filter(Boolean);
  return [
    ...shared.map((folder) => path.join(folder, "pip", "pip.conf")),
    "/etc/pip.conf",
    path.join(home, ".pip", "pip.conf"),
    path.join(home, "Library", "Application Support", "pip", "pip.conf"),
    path.join(config, "pip", "pip.conf"),
    path.join(installation, "pip.conf"),
  ];
}

module.exports = { pipIsConfigured };
