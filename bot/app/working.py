"""The work that goes on beside receiving, of a product."""

from bot.app.build import Product
from bot.app.channels import pollers_of
from bot.work import Work


def work_of(product: Product) -> Work:
    """What goes on beside receiving."""
    return Work(
        store=product.store,
        threads=product.threads,
        inbox=product.inbox,
        intake=product.intake,
        initiative=product.initiative,
        outbox=product.outbox,
        reconciler=product.reconciler,
        visits=product.visits,
        prompts=product.prompts,
        workroom=product.workroom,
        hand_overs=product.hand_overs,
        responses=product.responses,
        bellman=product.bellman,
        watch=product.watch,
        retention=product.retention,
        post_room=product.post_room,
        translator=product.translator,
        pollers=pollers_of(product.settings, product.channels),
        prepare=product.prepare,
        run_due=product.run_due,
        digest_time=product.settings.digest_time,
        clock=product.clock,
        bell=product.bell,
    )
