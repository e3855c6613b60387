"""The workers of this node: one for each loaded model, by model id."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator

from llamachat.protocol import ErrorCode, ProtocolError
from llamachat_daemon.serving.catalogue import Catalogue, Model
from llamachat_daemon.serving.process import Launcher
from llamachat_daemon.serving.supervisor import Supervisor


class Pool:
    """Starts workers in a task group that the owner brings, and finds them again. `event` is told what happens."""

    def __init__(self, catalogue: Catalogue, launch: Launcher, event: Callable[[str, str], None]) -> None:
        self._catalogue = catalogue
        self._launch = launch
        self._event = event
        self._supervisors: dict[str, tuple[Supervisor, asyncio.Task[None]]] = {}
        self._tasks: asyncio.TaskGroup | None = None
        self._unloading: set[str] = set()
        self._changing = asyncio.Lock()

    def open(self, tasks: asyncio.TaskGroup) -> None:
        """From now on workers may be started, in this group."""
        self._tasks = tasks

    def __iter__(self) -> Iterator[Supervisor]:
        return iter([supervisor for supervisor, _ in self._supervisors.values()])

    def pids(self) -> list[int]:
        """Of the worker processes."""
        return [supervisor.pid for supervisor in self if supervisor.pid is not None]

    def has_room(self, model: Model) -> bool:
        """Whether an attempt with this model would get a slot now."""
        if model.id in self._unloading:
            return False
        found = self._supervisors.get(model.id)
        return model.slots > 0 if found is None else found[0].has_room

    def serving(self, model: Model) -> Supervisor:
        """The model's supervisor; it is started when there is none.

        Raises:
            ProtocolError: `model_failed`, with the reason; `draining`, when this node is starting or stopping.
        """
        found = self._supervisors.get(model.id)
        if model.info.state == "failed":
            raise ProtocolError(
                ErrorCode.MODEL_FAILED,
                f"{model.id} cannot be served: {model.info.error}",
                detail={"model": model.id},
            )
        if found is not None:
            return found[0]
        return self._start(model)

    async def load(self, model: Model) -> None:
        """Loads the model, also one that failed before; returns when it is ready.

        Raises:
            ProtocolError: `model_failed`, with the reason.
        """
        async with self._changing:
            if model.info.state == "failed" and model.id in self._supervisors:
                await self._stop(model)
            found = self._supervisors.get(model.id)
            supervisor = self._start(model) if found is None else found[0]
        await supervisor.settled()
        if model.info.state == "failed":
            raise ProtocolError(ErrorCode.MODEL_FAILED, f"{model.id} cannot be loaded: {model.info.error}")

    async def unload(self, model: Model) -> None:
        """Ends the model's worker, when it has nothing to do.

        Raises:
            ProtocolError: `invalid_params`, while it answers.
        """
        async with self._changing:
            found = self._supervisors.get(model.id)
            if found is None:
                return
            busy = found[0].work.busy
            if busy:
                raise ProtocolError(
                    ErrorCode.INVALID_PARAMS,
                    f"{model.id} is answering {busy} request{'s' if busy > 1 else ''}. Try again when it is idle.",
                    detail={"field": "model", "range": "an idle model"},
                )
            await self._stop(model)

    async def close(self) -> None:
        """Ends every worker; returns when all have ended."""
        self._tasks = None
        for supervisor in self:
            supervisor.stop()
        await asyncio.gather(*[task for _, task in self._supervisors.values()])
        self._supervisors.clear()

    def _start(self, model: Model) -> Supervisor:
        if self._tasks is None:
            raise ProtocolError(ErrorCode.DRAINING, "This node is starting or stopping. Ask another node.")
        supervisor = Supervisor(model, self._catalogue.load_frame(model), self._launch, event=self._event)
        task = self._tasks.create_task(supervisor.run(), name=f"supervisor of {model.id}")
        self._supervisors[model.id] = supervisor, task
        return supervisor

    async def _stop(self, model: Model) -> None:
        supervisor, task = self._supervisors[model.id]
        self._unloading.add(model.id)  # nothing new goes to it while it ends
        try:
            supervisor.stop()
            await asyncio.wait([task])
        finally:
            self._unloading.discard(model.id)
        self._supervisors.pop(model.id, None)
        model.available()
