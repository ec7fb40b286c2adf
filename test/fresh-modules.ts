/**
 * Runs before each spec file. A worker runs many of them, one after the other: it keeps Node and the packages of
 * `node_modules`, whose start-up would otherwise cost more than the tests, and loads `lib/` and `test/` again.
 * A spec therefore never sees a variable that another one has set. Only what is global to a process is shared.
 */
import { vi } from 'vitest';

vi.resetModules();
