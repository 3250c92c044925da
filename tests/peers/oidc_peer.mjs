// A token server that nobody here wrote (oidc-provider), and behind it a Resource Manager that knows nothing but whether
// the bearer token was really signed by it. Prints `ready PORT`; GET /log tells what happened; POST /log forgets it.
import { createServer } from 'node:http';
import { readFileSync } from 'node:fs';
import { createLocalJWKSet, exportJWK, generateKeyPair, jwtVerify } from 'jose';
import Provider from 'oidc-provider';

const [tenant, clientsFile] = process.argv.slice(2);
const server = createServer();
await new Promise(resolve => server.listen(0, '127.0.0.1', resolve));
const here = `http://127.0.0.1:${server.address().port}`;
const tokenPath = `/${tenant}/oauth2/v2.0/token`;
const log = { grants: [], errors: [], assertions: [], arm: 0, refused: 0 };
let drop = 0, seconds = 3600, trouble = 0;

const { privateKey, publicKey } = await generateKeyPair('RS256', { extractable: true });
const scopes = `${here}/.default`;
const provider = new Provider(here + tokenPath, {     // the assertion's `aud` is the token URL, as Entra wants it
  clients: JSON.parse(readFileSync(clientsFile, 'utf8')),
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: 'RS256', use: 'sig', kid: 'k' }] },
  scopes: ['openid', 'offline_access', 'profile'],
  features: {
    clientCredentials: { enabled: true }, deviceFlow: { enabled: true, mask: '****-****' }, devInteractions: { enabled: true },
    resourceIndicators: {
      enabled: true, defaultResource: () => here, useGrantedResource: () => true,
      getResourceServerInfo: () => ({ scope: scopes, audience: here, accessTokenFormat: 'jwt', jwt: { sign: { alg: 'RS256' } } }),
    },
  },
  routes: { token: tokenPath, device_authorization: `/${tenant}/oauth2/v2.0/devicecode`, code_verification: '/device' },
  ttl: { AccessToken: () => seconds, ClientCredentials: () => seconds, DeviceCode: 600, RefreshToken: 3600, Grant: 3600, Session: 3600, Interaction: 600, IdToken: 3600 },
  rotateRefreshToken: true,
  issueRefreshToken: async (_, client, code) => client.grantTypeAllowed('refresh_token') && code.scopes.has('offline_access'),
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
});
provider.on('grant.success', ctx => log.grants.push(ctx.oidc.params.grant_type));
provider.on('grant.error', (ctx, error) => log.errors.push(`${error.error}: ${error.error_detail ?? error.error_description}`));
provider.on('server_error', (_, error) => log.errors.push(`server: ${error.stack}`));
provider.use(async (ctx, next) => {
  await next();
  if (ctx.path !== tokenPath) return;
  if (ctx.oidc?.params?.client_assertion) log.assertions.push(ctx.oidc.params.client_assertion);
  if (drop > 0) {                                     // it happened, and the answer is lost
    drop -= 1;
    ctx.respond = false;
    ctx.req.socket.destroy();
  }
});

const keys = createLocalJWKSet({ keys: [{ ...(await exportJWK(publicKey)), alg: 'RS256', kid: 'k' }] });
const say = (response, status, body) => {
  response.writeHead(status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(body));
};
async function resourceManager(request, response, path) {
  try {
    await jwtVerify((request.headers.authorization ?? '').replace('Bearer ', ''), keys, { audience: here });
  } catch (error) {
    log.refused += 1;
    return say(response, 401, { error: { code: 'InvalidAuthenticationToken', message: String(error.code) } });
  }
  log.arm += 1;
  if (trouble-- > 0) return say(response, 503, { error: { code: 'ServerBusy', message: 'later' } });   // time passes
  const provided = /^\/subscriptions\/[^/]+\/providers\/([^/]+)$/.exec(path);
  if (provided) return say(response, 200, { namespace: provided[1], registrationState: 'Registered', resourceTypes: [] });
  say(response, 404, { error: { code: 'ResourceGroupNotFound', message: 'nothing stands here' } });
}

const answer = provider.callback();
server.on('request', (request, response) => {
  const url = new URL(request.url, here);
  if (url.pathname === '/log') {
    if (request.method === 'POST') {
      Object.assign(log, { grants: [], errors: [], assertions: [], arm: 0, refused: 0 });
      drop = Number(url.searchParams.get('drop') ?? 0);
      seconds = Number(url.searchParams.get('seconds') ?? 3600);
      trouble = Number(url.searchParams.get('trouble') ?? 0);
    }
    return say(response, 200, log);
  }
  if (url.pathname === '/metadata/endpoints')
    return say(response, 200, { authentication: { loginEndpoint: here, audiences: [here] }, suffixes: { keyVaultDns: '.vault.peer.test', acrLoginServer: '.cr.peer.test' } });
  if (url.pathname.startsWith('/subscriptions/')) return resourceManager(request, response, url.pathname);
  answer(request, response);
});
console.log(`ready ${here}`);
