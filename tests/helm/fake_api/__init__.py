"""An API server for real Helm to install into. It is a fake: no etcd, no scheduler, no operator and no kubelet.

What is real is what Helm can see: discovery, objects with versions, server-side apply, dry runs, watches, and refusals.
Every write is checked as with ``fieldValidation=Strict`` (``admission``). What controllers would do to an object's
status is done at once (``controllers``): a claim is bound, a StatefulSet is ready, and **a hook's pod has succeeded as
soon as all that it refers to exists; no container ever ran**.

    app.py         paths and verbs          wire.py       bodies: JSON, YAML, protobuf
    resources.py   the kinds it serves      selectors.py  by label and by field
    store.py       objects and events       server.py     running it beside a test

Simpler than the real one: the last apply is the whole object, so that it must always come from the same field manager;
deleting is at once, without finalizers; deleting a namespace is not possible; nobody is asked who they are.
"""
