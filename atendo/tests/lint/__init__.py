"""What the lint of isolation reads (source, matchers), forbids (rules) and lets be (allowed).

It guards against slips, not against malice: a name put together at run time goes unseen.  Behind
it stands what nobody can forget, row level security and a scope that raises when it is missing.
Not linted, because it fails closed by itself: a thread or an executor without `scope.carried`
has no scope and raises; a generator expression that outlives its block asks for the scope of
whoever reads it; `on_commit` carries the scope; `Prefetch` and joins use the scoped manager.
"""
