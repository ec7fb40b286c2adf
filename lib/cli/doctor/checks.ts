import type { Check } from './check.js';
import { brokerOption } from './checks/broker-option.js';
import { brokers } from './checks/brokers.js';
import { clients } from './checks/clients.js';
import { decisions } from './checks/decisions.js';
import { doubledPackages } from './checks/doubled-packages.js';
import { formerPlatform } from './checks/former-platform.js';
import { moduleRegistration } from './checks/module-registration.js';
import { nginx } from './checks/nginx.js';
import { nodeVersion } from './checks/node-version.js';
import { origins } from './checks/origins.js';
import { peers } from './checks/peers.js';
import { severalProcesses } from './checks/several-processes.js';
import { trustProxy } from './checks/trust-proxy.js';
import { tsconfig } from './checks/tsconfig.js';

/** All checks by name, in the order of the report: what keeps an application from starting comes first. */
export const CHECKS: Readonly<Record<string, Check>> = {
  'node-version': nodeVersion,
  peers,
  'doubled-packages': doubledPackages,
  tsconfig,
  'former-platform': formerPlatform,
  'module-registration': moduleRegistration,
  decisions,
  clients,
  origins,
  nginx,
  'trust-proxy': trustProxy,
  'broker-option': brokerOption,
  brokers,
  'several-processes': severalProcesses,
};
