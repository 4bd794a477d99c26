// Makes a fresh clone ready and runs a command: node bin/start.mjs <command…>
// Depends on nothing but node. Each step is skipped where it is up to date, so this may stand before every command.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import * as fs from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PROGRAM = join(ROOT, 'dist/src/cli/main.js');
const EXIT_USAGE = 2;
const EXIT_HARNESS_FAULT = 3;
const NODE_NEEDED = [20, 20];

/** Debian packages, each with a file that shows it is there; a name without `/` is looked up in PATH. */
const PACKAGES = [
  { name: 'qemu-user', proof: 'qemu-riscv64' },
  { name: 'gcc-riscv64-linux-gnu', proof: 'riscv64-linux-gnu-gcc' },
  { name: 'libc6-dev-riscv64-cross', proof: '/usr/riscv64-linux-gnu/include/stdio.h' },
];

function say(line) {
  process.stderr.write(`callfuzz: ${line}\n`);
}

function stop(message, code = EXIT_USAGE) {
  say(message);
  process.exit(code);
}

function run(command, args, options = {}) {
  const result = spawnSync(command, args, { cwd: ROOT, stdio: ['ignore', 2, 2], ...options });
  return result.status === 0;
}

function findProgram(name) {
  if (name.includes('/')) return fs.existsSync(name) ? name : null;
  const directories = (process.env.PATH ?? '').split(delimiter).filter((directory) => directory !== '');
  return directories.map((directory) => join(directory, name)).find((path) => fs.existsSync(path)) ?? null;
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number);
  const [wantMajor, wantMinor] = NODE_NEEDED;
  if (major < wantMajor || (major === wantMajor && minor < wantMinor)) {
    stop(
      `needs Node ${wantMajor}.${wantMinor} or newer, this is ${process.versions.node}: https://nodejs.org`,
    );
  }
}

function readIfThere(path) {
  return fs.existsSync(path) ? fs.readFileSync(path, 'utf8') : null;
}

function sha256(text) {
  return createHash('sha256').update(text).digest('hex');
}

function npm(args, stdio) {
  const program = process.platform === 'win32' ? 'npm.cmd' : 'npm';
  return run(program, [...args, '--no-audit', '--no-fund', '--loglevel=error'], { stdio });
}

/** npm packages as package-lock.json names them. */
function installPackages() {
  const lockPath = join(ROOT, 'package-lock.json');
  const stampPath = join(ROOT, 'node_modules/.cache/callfuzz-lock');
  const lock = sha256(fs.readFileSync(lockPath, 'utf8'));
  if (readIfThere(stampPath) === lock) return lock;
  // Written by npm at the end of each install of its own.
  const installed = join(ROOT, 'node_modules/.package-lock.json');
  const isCurrent =
    fs.existsSync(installed) && fs.statSync(installed).mtimeMs >= fs.statSync(lockPath).mtimeMs;
  if (!isCurrent) {
    say('installing npm packages');
    if (!npm(['ci'], ['ignore', 'ignore', 'ignore'])) {
      // npm 11 refuses its own lock file where that lacks the optional packages of other platforms.
      if (!npm(['install', '--no-save'], ['ignore', 2, 2])) {
        stop('npm install failed: see above; it needs npm and a reachable npm registry');
      }
    }
  }
  fs.mkdirSync(dirname(stampPath), { recursive: true });
  fs.writeFileSync(stampPath, lock);
  return lock;
}

/** `path size mtime` of every TypeScript source, sorted. */
function sourceList() {
  const lines = [];
  const visit = (directory) => {
    if (!fs.existsSync(join(ROOT, directory))) return;
    for (const entry of fs.readdirSync(join(ROOT, directory), { withFileTypes: true })) {
      const path = `${directory}/${entry.name}`;
      if (entry.isDirectory()) visit(path);
      else if (entry.name.endsWith('.ts')) {
        const { size, mtimeMs } = fs.statSync(join(ROOT, path));
        lines.push(`${path} ${size} ${mtimeMs}`);
      }
    }
  };
  for (const directory of ['src', 'test', 'bench']) visit(directory);
  return lines.sort((a, b) => (a < b ? -1 : 1));
}

/** dist/ from the sources. */
function compileSources(lock) {
  const sources = sourceList();
  const names = sha256(sources.map((line) => line.split(' ')[0]).join('\n'));
  const configuration = fs.readFileSync(join(ROOT, 'tsconfig.json'), 'utf8');
  const stamp = `${names} ${sha256([lock, configuration, ...sources].join('\n'))}`;
  const stampPath = join(ROOT, 'dist/.callfuzz-stamp');
  const before = readIfThere(stampPath);
  if (before === stamp && fs.existsSync(PROGRAM)) return;
  // What was compiled from a source that is gone would stay: tsc deletes nothing.
  if (before !== null && !before.startsWith(`${names} `))
    fs.rmSync(join(ROOT, 'dist'), { recursive: true, force: true });
  say('compiling the sources');
  if (!run(process.execPath, [join(ROOT, 'node_modules/typescript/bin/tsc'), '-p', '.'])) {
    stop('the sources do not compile: see above', EXIT_HARNESS_FAULT);
  }
  fs.mkdirSync(dirname(stampPath), { recursive: true });
  fs.writeFileSync(stampPath, stamp);
}

/** QEMU and the cross compiler; installed where that needs nobody's answer. */
function installSystemPackages() {
  const missing = () => PACKAGES.filter(({ proof }) => findProgram(proof) === null).map(({ name }) => name);
  const names = missing();
  if (names.length === 0) return;
  const release = readIfThere('/etc/os-release') ?? '';
  const byHand =
    `missing: ${names.join(' ')}. On Debian or Ubuntu run\n` +
    `  sudo apt-get update && sudo apt-get install -y ${names.join(' ')}\n` +
    'elsewhere install QEMU user mode (qemu-riscv64), a riscv64-linux-gnu gcc and its C library, and run this again';
  const isDebian = /^ID(_LIKE)?=.*(debian|ubuntu)/m.test(release) && findProgram('apt-get') !== null;
  const prefix = rootPrefix();
  if (!isDebian || prefix === null || process.env.CALLFUZZ_NO_INSTALL === '1') stop(byHand);
  say(`installing ${names.join(' ')}`);
  const apt = (args) => {
    const [command, ...rest] = [...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', '-q', ...args];
    return run(command, rest);
  };
  let rest = names;
  if (rest.includes('qemu-user') && /^VERSION_CODENAME=bookworm$/m.test(release) && installNewerQemu(apt)) {
    rest = rest.filter((name) => name !== 'qemu-user');
  }
  if (rest.length > 0) {
    const install = ['install', '-y', '--no-install-recommends', ...rest];
    // The lists at hand may do; a fresh container has none.
    if (!apt(install) && !(apt(['update']) && apt(install))) stop(`apt-get failed: see above\n${byHand}`);
  }
  if (missing().length > 0) stop(byHand);
}

/** Nothing, or sudo where it asks no password; null where neither will do. */
function rootPrefix() {
  if (process.getuid?.() === 0) return [];
  const hasSudo =
    findProgram('sudo') !== null && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0;
  return hasSudo ? ['sudo', '-n'] : null;
}

/**
 * Debian 12 has QEMU 7.2; its backports have 10.x, which runs every extension Cranelift knows. They are asked with
 * lists of their own, so the machine's apt configuration stays as it is. False: take the ordinary package.
 */
function installNewerQemu(apt) {
  const keyring = '/usr/share/keyrings/debian-archive-keyring.gpg';
  const signed = fs.existsSync(keyring) ? `[signed-by=${keyring}] ` : '';
  const directory = fs.mkdtempSync(join(tmpdir(), 'callfuzz-apt-'));
  try {
    // apt fetches as a user of its own.
    fs.chmodSync(directory, 0o755);
    fs.mkdirSync(join(directory, 'lists/partial'), { recursive: true });
    const list = join(directory, 'sources.list');
    const suites = ['bookworm', 'bookworm-updates', 'bookworm-backports'];
    const line = (suite) => `deb ${signed}${debianMirror()} ${suite} main\n`;
    fs.writeFileSync(list, suites.map(line).join(''));
    const options = [
      `Dir::Etc::sourcelist=${list}`,
      'Dir::Etc::sourceparts=-',
      `Dir::State::lists=${join(directory, 'lists')}`,
      'Dir::Cache::pkgcache=',
      'Dir::Cache::srcpkgcache=',
      'Acquire::Retries=1',
      'Acquire::http::Timeout=20',
    ].flatMap((option) => ['-o', option]);
    const install = ['install', '-y', '--no-install-recommends', '-t', 'bookworm-backports', 'qemu-user'];
    const isDone =
      apt([...options, '-o', 'APT::Update::Error-Mode=any', 'update']) && apt([...options, ...install]);
    if (!isDone) say("no newer QEMU from bookworm-backports; taking Debian 12's own");
    return isDone;
  } finally {
    // As root, apt leaves files of its own there.
    fs.rmSync(directory, { recursive: true, force: true });
  }
}

/** The mirror this machine uses for bookworm, or Debian's own. */
function debianMirror() {
  const files = ['/etc/apt/sources.list.d/debian.sources', '/etc/apt/sources.list'];
  const text = files.map((file) => readIfThere(file) ?? '').join('\n');
  const match = /^(?:URIs: *|deb +(?:\[[^\]]*\] +)?)(https?:\/\/\S*\/debian)\/?(?:\s|$)/m.exec(text);
  return match?.[1] ?? 'http://deb.debian.org/debian';
}

/** cargo builds the driver; rustup's own folder is searched too, for a shell that has not read its profile yet. */
function findCargo() {
  if (findProgram(process.env.CARGO ?? 'cargo') !== null) return;
  const rustup = join(process.env.CARGO_HOME ?? join(homedir(), '.cargo'), 'bin');
  if (!fs.existsSync(join(rustup, 'cargo'))) {
    stop(
      'building the Cranelift driver needs Rust, and there is no cargo: get it from https://rustup.rs and run this again',
    );
  }
  process.env.PATH = `${rustup}${delimiter}${process.env.PATH ?? ''}`;
}

/** Runs a script of node's as if it had been called itself: same terminal, signals and exit code. */
function runScript(script, args) {
  const child = spawn(process.execPath, ['--enable-source-maps', script, ...args], {
    cwd: ROOT,
    stdio: 'inherit',
  });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  child.on('exit', (code, signal) => {
    if (signal !== null) {
      process.removeAllListeners(signal);
      process.kill(process.pid, signal);
    } else process.exit(code ?? EXIT_HARNESS_FAULT);
  });
}

/** Commands that answer without a toolchain; `doctor` is who says what is missing. */
function needsToolchain(args) {
  return (
    args.length > 0 &&
    !['doctor', 'help', 'report'].includes(args[0]) &&
    !args.some((arg) => arg === '--help' || arg === '-h')
  );
}

const args = process.argv.slice(2);
checkNode();
compileSources(installPackages());
if (needsToolchain(args)) {
  installSystemPackages();
  findCargo();
}
if (args[0] === 'test') {
  runScript(join(ROOT, 'node_modules/vitest/vitest.mjs'), ['run', ...args.slice(1)]);
} else if (args[0] === 'power') {
  runScript(join(ROOT, 'dist/bench/power/run-power.js'), args.slice(1));
} else if (args[0] === 'script') {
  if (args[1] === undefined) stop('name a compiled script, such as dist/bench/parser-agreement.js');
  runScript(join(ROOT, args[1]), args.slice(2));
} else {
  process.setSourceMapsEnabled(true);
  process.argv = [process.execPath, PROGRAM, ...args];
  await import(pathToFileURL(PROGRAM).href);
}
