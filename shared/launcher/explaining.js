"use strict";
// What an installer's output means for the reader: which error it is, the likely cause, the fix.

const path = require("node:path");
const { Failure, noSpace } = require("./failure.js");

const HASHES = /DO NOT MATCH THE HASHES|Hash mismatch|hash mismatch|Hashes are required/;
const FULL =
  /No space left on device|\[Errno 28\]|os error 28|Disk quota exceeded|os error 122|not enough space on the disk/i;
const NETWORK =
  /connection broken by|NewConnectionError|ConnectTimeout|Read timed out|Could not fetch URL|error sending request|Failed to fetch|ProxyError|SSLError|CERTIFICATE_VERIFY_FAILED|Max retries exceeded|Temporary failure in name resolution|Network is unreachable/i;
const ABSENT =
  /No matching distribution found|from versions:|no solution found|was not found in the package registry|40[134] Client Error/i;

/** Whether another installer would end the same way. */
function decisive(output) {
  return HASHES.test(output) || FULL.test(output);
}

/** The error for the output of venv, ensurepip, pip or uv that failed for this interpreter. */
function explained(output, interpreter, installer) {
  const folder = path.dirname(path.dirname(interpreter));
  if (FULL.test(output)) return noSpace(folder);
  const said = `the packages couldn't be installed; ${installer} says:\n${telling(output)}`;
  if (HASHES.test(output)) {
    return new Failure("PackagesChanged", said, {
      cause:
        "the package index, or a proxy before it, gave other files than those that were locked",
      fix: "ask who runs the index; a mirror has to serve the files of the public index unchanged",
    });
  }
  if (NETWORK.test(output)) {
    return new Failure("PackagesUnavailable", said, {
      cause:
        "there is no way from this machine to the package index: no network, a proxy, or a certificate",
      fix: "set pip's own settings for this machine or job (PIP_INDEX_URL, HTTPS_PROXY, PIP_CERT, or pip.conf), or keep the tool cache between jobs",
    });
  }
  if (ABSENT.test(output)) {
    return new Failure("PackagesUnavailable", said, {
      cause:
        "the package index doesn't have this version for this machine and Python, refuses the sign-in, or can't be reached",
      fix: "let the index (PIP_INDEX_URL or pip.conf) mirror the packages of the lock file, or take another Python version",
    });
  }
  return new Failure("EnvironmentFailed", said, {
    fix: `run the step again; if it stays so, try \`${installer}\` by hand with the lock file`,
  });
}

/** The lines that tell: errors, else the end. Notes about one folder or another are left out. */
function telling(output) {
  const all = output.split(/\r?\n/).filter((line) => line.trim());
  const errors = all.filter((line) => /error|×|mismatch|expected sha256|got\s/i.test(line));
  return (errors.length ? errors : all)
    .slice(-6)
    .map((line) => `    ${line.trim().slice(0, 300)}`)
    .join("\n");
}

module.exports = { decisive, explained };
