"use strict";
// What differs between Azure Pipelines, GitHub Actions and a terminal: how errors are shown and how
// a result is reported. Sources: learn.microsoft.com, "Logging commands"; docs.github.com,
// "Workflow commands for GitHub Actions".

const ESCAPES = {
  azure: { "%": "%AZP25", "\r": "%0D", "\n": "%0A" },
  github: { "%": "%25", "\r": "%0D", "\n": "%0A" },
};

/** "github", "azure" or "terminal", by the variable that each of them sets. */
function detect(environment) {
  if ((environment.GITHUB_ACTIONS || "").toLowerCase() === "true") return "github";
  if ((environment.TF_BUILD || "").toLowerCase() === "true") return "azure";
  return "terminal";
}

/** Show an "error" or a "warning" of several lines. */
function annotate(platform, level, lines) {
  const text = lines.map(disarmed).join("\n");
  if (platform === "github") say(`::${level}::${escaped(platform, text)}`);
  else if (platform === "azure")
    say(`##vso[task.logissue type=${level}]${escaped(platform, text)}`);
  else process.stderr.write(`${text}\n`);
}

/** Tell Azure Pipelines how the task ended; the others read the exit code. */
function complete(platform, code, text) {
  if (platform !== "azure") return;
  const cancelled = code === 130 || code === 143;
  const result = code === 0 ? "Succeeded" : cancelled ? "Canceled" : "Failed";
  say(`##vso[task.complete result=${result};]${escaped(platform, text)}`);
}

/** What the operation kept for its release step: the JSON text, or an empty one. */
function savedState(platform, environment) {
  if (platform === "github") return environment.STATE_MODELYARD_STATE || "";
  if (platform === "azure") return environment.VSTS_TASKVARIABLE_MODELYARD_STATE || "";
  return "";
}

function say(text) {
  process.stdout.write(`${text}\n`);
}

function escaped(platform, text) {
  return text.replace(/[%\r\n]/g, (letter) => ESCAPES[platform][letter]);
}

// What an installer prints comes from a package index: it may not command the agent, move the
// cursor, or show the password that stands in an index's address.
function disarmed(text) {
  return text
    .replace(/[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g, "")
    .replace(/:\/\/[^/\s@]+@/g, "://****@")
    .replace(/#(?=#(?:vso)?\[)/gi, "# ")
    .replace(/^(\s*):(?=:)/, "$1: ");
}

module.exports = { annotate, complete, detect, disarmed, savedState, say };
