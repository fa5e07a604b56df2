import { imageNeeds } from '../../lib/workloads/image-needs';

const user = (image: string) => imageNeeds(image, '/data').runAsUser;

test.each([
  'postgres',
  'postgres:17',
  'postgres:17.2-bookworm',
  'library/postgres:16',
  'docker.io/library/postgres:17',
  `docker.io/postgres:17@sha256:${'a'.repeat(64)}`,
])('%s is the official image', (image) => expect(user(image)).toBe(999));

test('its Alpine has another user', () => expect(user('postgres:17-alpine')).toBe(70));

test.each(['postgres-exporter:1', 'quay.io/x/postgres:17', 'bitnami/postgres:17', 'localhost:5000/postgres:17', 'registry/postgres'])(
  '%s is not',
  (image) => {
    expect(imageNeeds(image, '/data')).toEqual({});
  },
);
