import { posix } from 'node:path';
import { loadCompiler } from './compiler.js';
import { addToModule, type ModuleEntry } from './module-file.js';
import { findRootModule } from './nearest-module.js';
import { type Context, readText, type Rule, type Tree } from './tree.js';

/** Options of `nest add nest-socketio`, see `nest-add.schema.json`. */
export interface NestAddOptions {
  readonly sourceRoot?: string;
  readonly skipInstall?: boolean;
}

interface Manifest {
  dependencies?: Record<string, string>;
  readonly devDependencies?: Readonly<Record<string, string>>;
}

const DECORATORS = '@nestjs/websockets'; // @ConnectedSocket, @MessageBody
const FORMER_PLATFORM = '@nestjs/platform-socket.io';

const ENTRY: ModuleEntry = {
  list: 'imports',
  code: 'SocketIoModule.forRoot()',
  name: 'SocketIoModule',
  from: 'nest-socketio',
};

/** Source: @angular-devkit/schematics, `NodePackageInstallTask`. */
const INSTALL = { toConfiguration: () => ({ name: 'node-package', options: { command: 'install', quiet: true } }) };

/** Adds the module to the root module and `@nestjs/websockets` to package.json, and prints the next steps. */
export function nestAdd({ sourceRoot = 'src', skipInstall = false }: NestAddOptions = {}): Rule {
  return async (tree, context) => {
    await addModule(tree, context, posix.join('/', sourceRoot));
    const text = readText(tree, '/package.json') ?? '{}';
    const manifest = JSON.parse(text) as Manifest;
    if (addDecorators(tree, context, manifest, indentOf(text)) && !skipInstall) context.addTask(INSTALL);
    printNextSteps(context, manifest.dependencies?.[FORMER_PLATFORM] !== undefined);
  };
}

async function addModule(tree: Tree, { logger }: Context, folder: string): Promise<void> {
  const byHand = 'Add SocketIoModule.forRoot() to the imports of your root module.';
  const typescript = loadCompiler();
  const root = findRootModule(typescript, tree, folder);
  if (root === null) {
    logger.warn(`Found no root module in ${folder.slice(1)}. ${byHand}`);
    return;
  }
  const code = readText(tree, root.path) as string;
  if (/\bSocketIoModule\s*\.\s*forRoot/.test(code)) {
    logger.info(`${root.path.slice(1)} imports SocketIoModule already.`);
    return;
  }
  const edited = addToModule(typescript, code, ENTRY, root.className);
  if (edited === null) logger.warn(`Cannot edit ${root.path.slice(1)}: its @Module() is not an object. ${byHand}`);
  else {
    tree.overwrite(root.path, edited);
    logger.info(`Added SocketIoModule.forRoot() to ${root.path.slice(1)}.`);
  }
}

/** Adds the package of Nest's parameter decorators to package.json, in the version of Nest. @returns whether it did */
function addDecorators(tree: Tree, { logger }: Context, manifest: Manifest, indent: string): boolean {
  const { dependencies = {}, devDependencies = {} } = manifest;
  const range = dependencies['@nestjs/core'];
  if (range === undefined || DECORATORS in dependencies || DECORATORS in devDependencies) return false;
  manifest.dependencies = Object.fromEntries(
    Object.entries({ ...dependencies, [DECORATORS]: range }).toSorted(([a], [b]) => (a < b ? -1 : 1)),
  );
  tree.overwrite('/package.json', `${JSON.stringify(manifest, null, indent)}\n`);
  logger.info(`Added ${DECORATORS} ${range} to package.json.`);
  return true;
}

/** The white space before the first key. */
function indentOf(manifest: string): string {
  return /^[ \t]+/m.exec(manifest)?.[0] ?? '  ';
}

function printNextSteps({ logger }: Context, hasFormerPlatform: boolean): void {
  const steps = [
    ...(hasFormerPlatform ? [`Replace ${FORMER_PLATFORM}: npx nest-socketio migrate`] : []),
    'Create a gateway and its test: nest generate -c nest-socketio gateway chat',
    "Connect clients over WebSocket: io('http://localhost:3000', { transports: ['websocket'] })",
    'Find what is left to set up: npx nest-socketio doctor',
  ];
  logger.info(['', 'Next steps:', ...steps.map((step) => `  ${step}`)].join('\n'));
}
