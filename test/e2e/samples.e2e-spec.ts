import { ocpp15, wrapperName } from '@app/ocpp';
import { describeWithReference, hasReference, readReference, readReferenceBytes } from '../support/reference';
import type { Answer, TestService } from '../support/service';
import { startTestService } from '../support/service';
import { bodyOf, schemaFaults, schemaOf } from '../support/xsd';

// Every message that somebody captured in the field is answered as it should be. Cannot see: boxes of which no message was published.

interface Sample {
  readonly file: string;
  readonly operation: string;
  readonly kind: string;
  readonly service: string;
  readonly ocppVersion: string;
  readonly soap: string;
  readonly headers: Readonly<Record<string, string>>;
}

describeWithReference('captured messages', () => {
  let service: TestService;
  const answered = new Map<string, Answer>();
  // The body of a skipped describe runs all the same.
  const index = hasReference ? readReference('ocpp-soap-samples/index.json') : '[]';
  const samples = (JSON.parse(index) as readonly Sample[]).filter(({ kind }) => kind === 'request');
  const ours = (sample: Sample) => sample.ocppVersion === '1.5' && sample.operation in ocpp15.centralSystem.operations;

  beforeAll(async () => {
    service = await startTestService();
    for (const { file } of samples)
      answered.set(file, await service.post(readReferenceBytes(`ocpp-soap-samples/${file}`)));
  });
  afterAll(() => service.stop());

  it.each(samples.filter(ours))('$file is answered', ({ file, operation, headers }) => {
    const answer = answered.get(file);
    expect(answer?.status).toBe(200);
    expect(answer?.body).toContain(`<${wrapperName(operation, 'response')} `);
    expect(answer?.body).toContain(`<wsa:Action>/${operation}Response</wsa:Action>`);
    if (headers.MessageID !== undefined)
      expect(answer?.body).toContain(`<wsa:RelatesTo>${headers.MessageID.trim()}</wsa:RelatesTo>`);
    expect(Number(answer?.headers['content-length'])).toBe(answer?.body.length);
    expect(answer?.headers['content-type']).not.toContain('action');
  });

  it.each(samples.filter(({ ocppVersion }) => ocppVersion !== '1.5'))(
    '$file is of another version, which the fault names',
    ({ file, soap }) => {
      const answer = answered.get(file);
      expect(answer?.status).toBe(soap === '1.1' ? 500 : 400);
      expect(answer?.body).toContain('ProtocolError');
      expect(answer?.body).toMatch(/The body is in the namespace urn:\/\/Ocpp\/Cs\/20(10\/08|15\/10)\//);
    },
  );

  it.each(samples.filter((sample) => sample.ocppVersion === '1.5' && !ours(sample)))(
    '$file is meant for a charge point, which the fault says',
    ({ file }) => {
      expect(answered.get(file)?.body).toContain('NotSupported');
      expect(answered.get(file)?.status).toBe(500);
    },
  );

  it('every answer validates against the published schema', () => {
    const files = samples.filter((sample) => ours(sample) && sample.service === 'Cs').map(({ file }) => file);
    // A box that asks in the namespace of the other service is answered in it, as it expects.
    const bodies = files.map((file) =>
      bodyOf(answered.get(file)?.body ?? '').replaceAll(ocpp15.chargePoint.namespace, ocpp15.centralSystem.namespace),
    );
    const schema = schemaOf(readReference('ocpp-wsdl/1.5/OCPP_CentralSystemService1.5_final.wsdl'));
    const broken = (bodies[0] ?? '').replace(/<status>\w+/, '<status>Nonsense');
    const faults = schemaFaults(schema, [...bodies, broken]);
    expect(bodies.length).toBeGreaterThan(15);
    expect(faults.at(-1)).toContain('Nonsense');
    expect(files.filter((_file, index) => faults[index] !== '')).toEqual([]);
  });

  it('counts what was odd about them, by name, for each box', async () => {
    const { body } = await service.api<{ quirks: { name: string; meaning: string }[] }>(
      'GET',
      '/api/charge-boxes/testbox001',
    );
    expect(body.quirks.map(({ name }) => name)).toEqual(expect.arrayContaining(['from-unusable', 'too-long']));
    expect(body.quirks[0]?.meaning).toBeTruthy();
  });
});
