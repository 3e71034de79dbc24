// What must compile, and what must not: `tsc --noEmit` is the test.

import { type DocumentLivenessValidation, Verax, type VeraxError } from '@verax-id/client';

const verax = new Verax('http://127.0.0.1:8080', async () => 'token');

export async function compiles(): Promise<void> {
  const page = await verax.biometricValidations.list({
    where: { status: 'validated', requires2FA: false, 'appRegistration.email': 'jo@example.com' },
    in: { status: ['new', 'pending'] },
    atLeast: { createdAt: new Date(0), livenessScore: 0.5 },
    like: { identifier: '@example.com' },
    exists: { biometricData: true },
    anyOf: { where: { type: 'login' }, like: { identifier: 'jo' } },
    sort: ['status', '-createdAt'],
    populates: ['client', 'projectFlow.project'],
    columns: ['_id', 'status'],
  });
  for (const record of page.data) {
    const name: string | undefined = record.client?.name;
    const id: string | undefined = record.project;
    const isKnown: boolean = record.status === 'completed';
    console.log(name, id, isKnown);
  }
  for await (const check of verax.documentLiveness.iterate({ where: { status: 'completed' } })) {
    const risk: number | undefined = check.riskScore;
    console.log(risk);
  }
  const made: DocumentLivenessValidation = await verax.documentLiveness.create({ image: new Uint8Array(), saveImage: true });
  const registration = await verax.appRegistrations.create({ project: 'a', projectFlow: 'b' });
  console.log(made._id, registration.token, await verax.projects.list({ with: ['projectFlows'] }));
  const webhook = await verax.webhooks.create({ url: 'https://hooks.example.com', eventTypes: ['project.*'] });
  const secret: string = webhook.secret;
  console.log(secret);
  await verax.webhooks.delete(webhook._id);
}

export function compares(error: VeraxError): boolean {
  return error.code === 'INVALID_PARAMETERS' || error.code === 'A_CODE_OF_TOMORROW';
}

export async function doesNotCompile(): Promise<void> {
  // @ts-expect-error: there is no such field
  await verax.biometricValidations.list({ where: { statu: 'completed' } });
  // @ts-expect-error: it is a field of another list
  await verax.documentLiveness.count({ where: { identifier: 'jo' } });
  // @ts-expect-error: there is no such word
  await verax.biometricValidations.list({ where: { status: 'done' } });
  // @ts-expect-error: there is no such word in a list of words
  await verax.biometricValidations.list({ in: { status: ['done'] } });
  // @ts-expect-error: a word has no range
  await verax.biometricValidations.list({ moreThan: { status: 'new' } });
  // @ts-expect-error: nobody searches in it
  await verax.biometricValidations.list({ like: { status: 'n' } });
  // @ts-expect-error: there is no such operator
  await verax.biometricValidations.list({ were: { status: 'new' } });
  // @ts-expect-error: lists are not sorted by it
  await verax.biometricValidations.list({ sort: '-biometricData' });
  // @ts-expect-error: it is no relation
  await verax.biometricValidations.list({ populates: ['status'] });
  // @ts-expect-error: there is no such field
  await verax.biometricValidations.get('a', { columns: ['statu'] });
  // @ts-expect-error: nothing points here
  await verax.biometricValidations.list({ with: ['projectFlows'] });
  // @ts-expect-error: a cursor knows no page
  verax.biometricValidations.iterate({ page: 2 });
  // @ts-expect-error: it must be sent
  await verax.documentLiveness.create({ saveImage: true });
  // @ts-expect-error: there is no such member
  await verax.documentLiveness.create({ image: '', savImage: true });
  // @ts-expect-error: events are made by the server alone
  await verax.events.create({});
  // @ts-expect-error: and nobody deletes them
  await verax.events.delete('a');
  // @ts-expect-error: there is no such list
  await verax.biometrics.list();
  const { data } = await verax.biometricValidations.list();
  // @ts-expect-error: it was not populated
  console.log(data[0]?.client?.name);
}
