// A certified OpenID provider for tests: `node provider.mjs '{"port": …, "redirect": "http://…"}'`, ends with its input.
// Whoever comes is signed in as the account that `POST /test/who {"account": …, "acr": …}` named last.
import { createServer } from 'node:http'
import Provider from 'oidc-provider'

const { port, redirect } = JSON.parse(process.argv[2])
const issuer = `http://127.0.0.1:${port}`
const common = { redirect_uris: [redirect], response_types: ['code'], grant_types: ['authorization_code'] }
let who = { account: 'li-wei-at-provider' }
let asked = 0

const provider = new Provider(issuer, {
  clients: [
    { client_id: 'unit', client_secret: 'a secret of the unit that is long enough', ...common },
    { client_id: 'unit-public', token_endpoint_auth_method: 'none', ...common },
  ],
  acrValues: ['urn:example:strong', 'urn:example:weak'],
  claims: { openid: ['sub'], acr: null, auth_time: null },
  cookies: { keys: ['a key of the test provider'] },
  features: { devInteractions: { enabled: false } },
  findAccount: (_, id) => ({ accountId: id, claims: () => ({ sub: id }) }),
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  pkce: { required: () => true },
  ttl: { Interaction: 600, Session: 3600, Grant: 3600, IdToken: 3600, AccessToken: 300 },
  async loadExistingGrant(ctx) {
    const grant = new ctx.oidc.provider.Grant({
      clientId: ctx.oidc.client.clientId,
      accountId: ctx.oidc.session.accountId,
    })
    grant.addOIDCScope('openid')
    await grant.save()
    return grant
  },
})
const handle = provider.callback()

createServer(async (request, response) => {
  if (request.url === '/test/who') {
    let body = ''
    for await (const piece of request) body += piece
    who = JSON.parse(body)
    response.end(String(asked))
  } else if (request.url.startsWith('/interaction/')) {
    asked += 1
    const login = { accountId: who.account, ...(who.acr ? { acr: who.acr } : {}) }
    await provider.interactionFinished(request, response, { login }, { mergeWithLastSubmission: false })
  } else {
    handle(request, response)
  }
}).listen(port, '127.0.0.1', () => console.log('listening'))

process.stdin.resume()
process.stdin.on('end', () => process.exit(0))
