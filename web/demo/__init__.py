"""The world around the product in the demo and the tests: identity provider, firms' systems, scripted conversations.

A scripted conversation is a file `web/examples/<firm>/conversations/<name>.yaml`:

    guichet_conversation: 1
    conversation: puk_german            # the file's name
    title: A PUK, in German
    customer: {phone: "41760000111", name: Anna, language: de}
    absent: ["48213977"]                # strings that no WhatsApp message may ever hold
    steps:
      - write: Ich brauche meinen PUK
        expect: [{on: whatsapp, contains: Bei welchem Anbieter, verdict: cleared}]
      - tap: main                       # the id of a button or row of the newest message that has it
      - open_portal: {as: anna}         # GET the newest link (a preview), sign in as this subject, POST
        expect: [{on: portal, contains: "48213977", verdict: cleared}]
      - send_in_portal: Danke           # type on the portal
      - tap_in_portal: finish
      - read_portal: "48213977"         # what the portal's page shows, without doing anything
      - expect_ticket: {queue: service}
      - trouble: {system: firms, firm: regulator, down: true}   # or identity_provider; slow_seconds, garbage
      - relief: {system: firms, firm: regulator}

A step has one act and may `expect` messages that come of it: `on` (whatsapp or portal),
`contains` (one string or several), `verdict`, and `by`, whose words they are: flow (if it is
not said), policy (disclosure, notices) or emergency. Each expectation is met by some message,
in any order; several may be met by one, since a turn joins its texts in one bubble. A message
that meets none is wrong, unless the step expects nothing at all. What was withheld (verdict
diverted, held, refused) is a message too, on the channel that it was meant for; nobody saw it,
so it `contains` nothing. `never` lists strings that no message of this step may hold.
"""
