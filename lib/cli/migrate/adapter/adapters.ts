/**
 * Replaces the adapters of a project. Of three ways, the first that fits is taken: options in `forRoot`, a class that
 * creates the options, or a class that sets up the server, perhaps with another one that creates the options. An
 * adapter that none fits stays, and so does its whole application.
 */
import type ts from 'typescript';
import { type AdapterClass, baseOf, extendsIoAdapter, readAdapterClass, type UnknownAdapter } from './adapter-class.js';
import { type AdapterSite, removeSite } from './adapter-sites.js';
import { type Application, classOf } from '../../source/applications.js';
import { leftApplications } from '../left-applications.js';
import { Registrations } from './registrations.js';
import { type InlineOptions, inlineOptions, NO_OPTIONS } from './inline-options.js';
import { OptionsClass } from './options-class.js';
import { OptionsClassPlan } from './options-class-plan.js';
import { OptionsProvider } from './options-provider.js';
import { canSetUp, writeServerSetup } from './server-setup.js';
import type { Source } from '../../source/source.js';
import type { Workspace } from '../workspace.js';

const PLATFORM = '@nestjs/platform-socket.io';

/** A decision that is left to a person. */
interface Left {
  readonly source: Source;
  readonly node: ts.Node;
  readonly text: string;
}

export class Adapters {
  readonly #workspace: Workspace;
  readonly #sites: readonly AdapterSite[];
  readonly #applications: readonly Application[];
  readonly #registrations: Registrations;
  /** The decisions about adapters that are not understood. */
  readonly #left: Left[] = [];
  /** The calls that use them. */
  readonly #leftSites: AdapterSite[] = [];
  /** Applications with an adapter of another library. */
  readonly #foreign = new Set<Application>();

  constructor(workspace: Workspace, sites: readonly AdapterSite[], applications: readonly Application[]) {
    this.#workspace = workspace;
    this.#sites = sites;
    this.#applications = applications;
    this.#registrations = new Registrations(workspace);
  }

  // --- Public methods ---

  run(): void {
    const { ts } = this.#workspace;
    const handled = new Set<AdapterSite>();
    for (const source of this.#workspace.sourcesWith('IoAdapter')) {
      for (const node of source.find(ts.isClassDeclaration)) {
        if (!this.#isAdapter(source, node)) continue;
        const sites = this.#sites.filter((site) => this.#names(site, source, node));
        for (const site of sites) handled.add(site);
        this.#migrate(this.#read(source, node), sites);
      }
    }
    for (const site of this.#sites) if (!handled.has(site)) this.#plain(site);
    const left = this.#leaveApplications();
    this.#registrations.write(
      this.#applications.filter((one) => !left.has(one) && (this.#registrations.has(one) || !this.#foreign.has(one))),
    );
  }

  // --- Inside ---

  /** Whether a class extends `IoAdapter` of platform-socket.io, and not another class of that name. */
  #isAdapter(source: Source, node: ts.ClassDeclaration): boolean {
    if (extendsIoAdapter(source, node)) return true;
    const base = baseOf(source, node);
    const parent = base === null ? null : classOf(this.#workspace, source, base);
    return parent !== null && parent.node !== node && this.#isAdapter(parent.source, parent.node);
  }

  #read(source: Source, node: ts.ClassDeclaration): AdapterClass | UnknownAdapter {
    if (extendsIoAdapter(source, node)) return readAdapterClass(this.#workspace, source, node);
    return { source, node, name: node.name?.text ?? 'the adapter', reason: `it extends ${baseOf(source, node)}` };
  }

  #names(site: AdapterSite, source: Source, node: ts.ClassDeclaration): boolean {
    if (site.className === null || site.className !== node.name?.text) return false;
    if (site.module === null) return site.source === source;
    const file = this.#workspace.resolve(site.source.path, site.module);
    return file !== null && this.#workspace.declaring(file, site.className) === source.path;
  }

  // --- One adapter ---

  #migrate(adapter: AdapterClass | UnknownAdapter, sites: readonly AdapterSite[]): void {
    if ('reason' in adapter) return this.#leave(adapter, sites, adapter.reason);
    const applications = this.#applicationsOf(sites);
    if (sites.length === 0) return this.#leave(adapter, sites, 'no call of useWebSocketAdapter with it was found');
    if (applications.length === 0) return this.#leave(adapter, sites, 'the application that uses it was not found');
    if (applications.some((one) => this.#registrations.has(one) || one.module === null)) {
      return this.#leave(adapter, sites, 'the root module of its application has another adapter, or cannot be read');
    }
    const isReplaced =
      this.#inline(adapter, sites, applications) ||
      this.#becomesOptions(adapter, sites, applications) ||
      this.#becomesSetup(adapter, sites, applications);
    if (!isReplaced) this.#leave(adapter, sites, this.#reason(adapter));
    else if (adapter.factory !== null && adapter.factory.port !== null) {
      this.#movePort(applications, adapter.factory.port);
    }
  }

  /** Puts the options into the root module, and removes the class. */
  #inline(adapter: AdapterClass, sites: readonly AdapterSite[], applications: readonly Application[]): boolean {
    const { source, node, factory, ending } = adapter;
    const isSimple = sites.every((site) => site.isUnconditional && site.setup.length === 0);
    const hasMore = factory === null ? node.members.length > 0 : ending !== null;
    const options = hasMore || this.#isUsedElsewhere(adapter, sites) ? null : inlineOptions(adapter, 'all');
    if (!isSimple || options === null) return false;
    this.#decideOptions(adapter, options);
    for (const site of sites) removeSite(site);
    this.#removeClass(source, node);
    this.#registrations.set(applications, { kind: 'options', options });
    return true;
  }

  /** Makes a class that creates the options, where the options need one. */
  #becomesOptions(adapter: AdapterClass, sites: readonly AdapterSite[], applications: readonly Application[]): boolean {
    const { factory, ending } = adapter;
    const server = needsServer(adapter);
    const isNeeded = inlineOptions(adapter, 'options') === null || ending !== null || !server;
    const isPossible = !(server && (overridesCreate(adapter) || hasPort(adapter)));
    if (factory === null || !isNeeded || !isPossible || this.#isInMain(adapter)) return false;
    if (this.#isUsedElsewhere(adapter, sites)) return false;
    const plan = OptionsClassPlan.of(this.#workspace, adapter, sites);
    if (plan === null) return false;
    // A class that sets up the server gets all providers, those of modules that export nothing as well.
    const isFound = applications.every(({ module }) =>
      plan.tokens.every((token) => module === null || this.#registrations.isExported(module, token)),
    );
    if (!isFound && ending === null && inlineOptions(adapter, 'options') !== null) return false;
    new OptionsClass(this.#workspace, plan).write();
    for (const site of sites) removeSite(site);
    this.#registrations.set(applications, {
      kind: 'class',
      source: adapter.source,
      name: adapter.name,
      tokens: plan.tokens,
    });
    return true;
  }

  /** Makes a class that sets up the server, and puts the options into the root module or a class of their own. */
  #becomesSetup(adapter: AdapterClass, sites: readonly AdapterSite[], applications: readonly Application[]): boolean {
    const options = inlineOptions(adapter, 'options');
    if (hasPort(adapter) || !canSetUp(adapter, sites)) return false;
    const provider =
      options === null && !this.#isInMain(adapter) ? OptionsProvider.of(this.#workspace, adapter, sites) : null;
    if (options === null && provider === null) return false;
    const { source, name, node, factory } = adapter;
    const method = factory?.method ?? node;
    const each = 'call it with those servers or namespaces as well';
    if (overridesCreate(adapter) && needsServer(adapter)) {
      const text = `create() of ${name} was called for each gateway; configure() is called with the server of "/": ${each}`;
      this.#workspace.decide(source, method, text);
    } else if (this.#hasOtherServers(applications)) {
      const text = `configure() of ${name} is not called for gateways with a port or path of their own: ${each}`;
      this.#workspace.decide(source, method, text);
    }
    if (options !== null) this.#decideOptions(adapter, options);
    provider?.apply();
    writeServerSetup(this.#workspace, adapter, sites);
    if (provider !== null) {
      this.#registrations.set(applications, { kind: 'class', source, name: provider.name, tokens: provider.tokens });
    } else if (options !== null) this.#registrations.set(applications, { kind: 'options', options });
    return true;
  }

  /** The reason why a class is left that was read, but that no way fits. */
  #reason(adapter: AdapterClass): string {
    if (adapter.factory === null) return 'it does not override createIOServer()';
    if (hasPort(adapter)) return 'it chooses the port, and uses the server there';
    return this.#isInMain(adapter)
      ? 'its options need a class in a file of its own, and it is in the file that starts the application'
      : 'its options depend on values that only main.ts has, or on conditions';
  }

  /** Whether the class is in the file that creates the application, which cannot be imported without running it. */
  #isInMain({ source }: AdapterClass): boolean {
    return this.#applications.some(({ main, module }) => main === source && module?.source !== source);
  }

  /** Whether a gateway has a server of its own. */
  #hasOtherServers(applications: readonly Application[]): boolean {
    const files = new Set(applications.flatMap(({ main }) => [...this.#workspace.reachable(main.path)]));
    return [...files].some((path) =>
      /@WebSocketGateway\(\s*(\d|\{[^}]*\bpath\s*:)/.test(this.#workspace.project.text(path)),
    );
  }

  /** Writes the port that an adapter chose on each gateway. */
  #movePort(applications: readonly Application[], port: string): void {
    const files = new Set(applications.flatMap(({ main }) => [...this.#workspace.reachable(main.path)]));
    for (const source of this.#workspace.sourcesWith('@WebSocketGateway')) {
      if (!files.has(source.path)) continue;
      for (const node of source.find(this.#workspace.ts.isClassDeclaration)) {
        for (const { expression } of source.decoratorsOf(node)) {
          const [, first] = /^WebSocketGateway\(\s*(.?)/s.exec(source.textOf(expression)) ?? [];
          if (first === undefined || /[\d]/.test(first)) continue; // not this decorator, or with a port of its own
          const at = expression.getStart(source.tree) + 'WebSocketGateway('.length;
          source.edits.insert(at, first === ')' ? port : `${port}, `);
        }
      }
    }
  }

  #decideOptions({ source }: AdapterClass, { decisions }: InlineOptions): void {
    for (const { node, text } of decisions) this.#workspace.decide(source, node, text, false);
  }

  #leave({ source, node, name }: AdapterClass | UnknownAdapter, sites: readonly AdapterSite[], reason: string): void {
    this.#workspace.untouched.add(source.path);
    this.#leftSites.push(...sites);
    const isUsed = this.#applicationsOf(sites).length > 0;
    const text = isUsed
      ? `${name} cannot be replaced: ${reason}. Its application stays on ${PLATFORM}: change or remove ${name}, and run the command again`
      : `replace ${name} by options of SocketIoModule.forRoot, and app.get(Server) for the rest. It is left as it is: ${reason}`;
    this.#left.push({ source, node, text });
    for (const site of sites) {
      const advice = isUsed
        ? `the application stays on ${PLATFORM} because of ${name}: see the comment there`
        : `remove this call with ${name}: SocketIoModule is the adapter`;
      this.#left.push({ source: site.source, node: site.statement ?? site.call, text: advice });
    }
  }

  /** Undoes all changes to applications whose adapter is not understood, and writes the comments that say so. */
  #leaveApplications(): ReadonlyMap<Application, string> {
    const sites = this.#leftSites.map(({ source }) => source.path);
    const { applications, files } = leftApplications(this.#workspace, this.#applications, sites);
    this.#workspace.leave(files);
    for (const { source, node, text } of this.#left) this.#workspace.decide(source, node, text);
    for (const [{ main, call }, path] of applications) {
      if (sites.includes(path)) continue;
      const text = `this application stays on ${PLATFORM}, because it shares ${path} with one that does`;
      this.#workspace.decide(main, call, text, false);
    }
    return applications;
  }

  /** `useWebSocketAdapter(new IoAdapter(app))`, or an adapter that is no class of the project. */
  #plain(site: AdapterSite): void {
    const { source, className, statement, call } = site;
    const module = site.module ?? '';
    const isPlain = className === 'IoAdapter' && (module === '' || module === PLATFORM);
    if (isPlain && statement !== null) {
      removeSite(site);
      return this.#registrations.set(
        this.#applicationsOf([site]).filter((one) => !this.#registrations.has(one)),
        { kind: 'options', options: NO_OPTIONS },
      );
    }
    const isForeign = className !== null && !isPlain && !/socket|redis|io/i.test(`${className} ${module}`);
    if (isForeign || (/WsAdapter/.test(className ?? '') && module.includes('platform-ws'))) {
      for (const application of this.#applicationsOf([site])) this.#foreign.add(application);
      return;
    }
    this.#leftSites.push(site);
    const text =
      this.#applicationsOf([site]).length > 0
        ? `this adapter is not understood, so the application stays on ${PLATFORM}: remove the call, and run the command again`
        : 'this adapter is not understood: SocketIoModule must be the only one';
    this.#left.push({ source, node: statement ?? call, text });
  }

  /** Whether other files than those of the sites import the class. */
  #isUsedElsewhere({ source, name }: AdapterClass, sites: readonly AdapterSite[]): boolean {
    for (const other of this.#workspace.sourcesWith(name)) {
      if (other === source || sites.some((site) => site.source === other)) continue;
      const uses = other.imports.some((one) => one.name === name && this.#declares(other, one.module, name, source));
      if (uses) return true;
    }
    return false;
  }

  #declares(from: Source, module: string, name: string, source: Source): boolean {
    const file = this.#workspace.resolve(from.path, module);
    return file !== null && this.#workspace.declaring(file, name) === source.path;
  }

  /** Removes a class, or its file if there is nothing else in it. */
  #removeClass(source: Source, node: ts.ClassDeclaration): void {
    const { ts } = this.#workspace;
    const name = node.name?.text;
    const isOwnExport = (one: ts.Statement): boolean =>
      (ts.isExportAssignment(one) && source.textOf(one.expression) === name) ||
      (ts.isExportDeclaration(one) && source.textOf(one).replaceAll(/[\s;]/g, '') === `export{${name}}`);
    const others = source.tree.statements.filter(
      (one) => one !== node && !ts.isImportDeclaration(one) && !isOwnExport(one),
    );
    if (others.length > 0) {
      for (const statement of source.tree.statements) if (isOwnExport(statement)) source.removeLines(statement);
      return source.removeLines(node);
    }
    this.#workspace.deleted.add(source.path);
    for (const barrel of this.#workspace.sourcesWith('export')) {
      for (const statement of barrel.tree.statements) {
        if (!ts.isExportDeclaration(statement) || statement.moduleSpecifier === undefined) continue;
        const target = this.#workspace.resolve(barrel.path, (statement.moduleSpecifier as ts.StringLiteral).text);
        if (target === source.path) barrel.removeLines(statement);
      }
    }
  }

  // --- Applications ---

  #applicationsOf(sites: readonly AdapterSite[]): Application[] {
    return this.#applications.filter(({ main }) => {
      const reachable = this.#workspace.reachable(main.path);
      return sites.some(({ source }) => reachable.has(source.path));
    });
  }
}

/** Whether `createIOServer` does more with the server than to set its adapter and middlewares. */
function needsServer({ factory }: AdapterClass): boolean {
  return factory?.uses.some((use) => use.kind === 'setup') === true;
}

function overridesCreate({ source, factory }: AdapterClass): boolean {
  return factory !== null && source.textOf(factory.method.name) === 'create';
}

function hasPort({ factory }: AdapterClass): boolean {
  return factory !== null && factory.port !== null;
}
