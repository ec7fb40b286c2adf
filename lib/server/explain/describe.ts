/** An explanation in sentences, for people. */
import { label, quote } from '../../errors.js';
import type { DeliveryOutcome, ExplainedClient, ExplainedDelivery, Explanation } from './explanation.js';

const OUTCOMES: Readonly<Record<DeliveryOutcome, string>> = {
  sent: 'was sent to it',
  dropped: 'was dropped, or replaced a latest value: the client had not read earlier events',
  not_connected: 'was not sent: the client was not connected',
  not_selected: 'was not sent: the client was in none of the rooms',
  excluded: 'was not sent: the client was in a room of except()',
  other_server: 'was not sent: it was local to another server',
};

/** Bytes that wait for a client that reads slowly. Fewer are the events of this turn. */
const SLOW_BYTES = 65_536;

export function describe(explanation: Omit<Explanation, 'toString'>): string {
  const { namespace, who, selection, clients, otherNamespaces, journalSince, silent } = explanation;
  const lines = clients.flatMap((client) => [...describeClient(client), ...client.deliveries.map(describeDelivery)]);
  if (clients.length === 0) lines.push(`No client with the id or user ${quote(who)} is in ${label(namespace)}.`);
  if (otherNamespaces.length > 0) lines.push(`It is in other namespaces: ${otherNamespaces.map(quote).join(', ')}.`);
  if (silent.length > 0) lines.push(`These servers did not answer: ${silent.join(', ')}.`);
  lines.push(
    journalSince === null
      ? 'There is no journal of recent deliveries: set the option telemetry: { journal: true }.'
      : `The journal reaches back to ${time(journalSince)}.`,
  );
  return [`${selection} in ${label(namespace)}, for ${quote(who)}:`, ...lines].join('\n');
}

function describeClient(client: ExplainedClient): string[] {
  const { id, user, server, address, connectedAt, disconnectedAt, reason, waitingBytes } = client;
  const name = `Client ${id}${user === null ? '' : ` of user ${quote(user)}`}`;
  const since = connectedAt === null ? '' : ` since ${time(connectedAt)}`;
  if (disconnectedAt !== null)
    return [`${name} left ${server} at ${time(disconnectedAt)}: ${reason ?? 'unknown reason'}.`];
  return [
    `${name} is connected to ${server}${since}, from ${address}.`,
    ...describeSelection(client),
    ...(waitingBytes > SLOW_BYTES ? [`${waitingBytes} bytes are waiting for it: it reads slowly.`] : []),
  ];
}

function describeSelection({ isSelected, selectedBy, excludedBy, rooms, id }: ExplainedClient): string[] {
  if (excludedBy.length > 0) return [`except() leaves it out: it is in ${excludedBy.map(quote).join(', ')}.`];
  if (isSelected)
    return [selectedBy.length === 0 ? 'It is selected.' : `It is in ${selectedBy.map(quote).join(', ')}.`];
  const others = rooms.filter((room) => room !== id);
  const where = others.length === 0 ? 'in no room' : `in ${others.map(quote).join(', ')} only`;
  return [`It is not selected: it is ${where}.`];
}

function describeDelivery({ at, event, outcome, server }: ExplainedDelivery): string {
  return `- ${time(at)} ${quote(event)} by ${server} ${OUTCOMES[outcome]}.`;
}

/** The time of day in UTC, to the millisecond. */
function time(ms: number): string {
  return new Date(ms).toISOString().slice(11, 23);
}
