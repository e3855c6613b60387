"""Models on a node: files, memory, speed, context, and what goes wrong with them."""

from __future__ import annotations

from .grammar import Intent, fact

FACTS: tuple[Intent, ...] = (
    fact(
        "models.run",
        """Start the daemon with your file: `llamachat-daemon serve --model /path/model.gguf`. Give `--model` several times, or `--models-dir DIR` for every GGUF in a folder.""",
        "--model; --models-dir",
        topics="""--model; --models-dir; models-dir; (my own model|a model of my own|my own models|my model file|a local model|own models|several models|two models on a node|a folder of models|local models|a models folder|the models directory|my gguf file|custom models|a finetuned model); model path; own model; llama3; mistral; qwen; several models on one node""",
        actions="""(run|use|load|serve|start|host|add|try|open) (my own model|a model|a gguf file|my gguf|another model on my node|llama3|mistral|qwen|several models|two models|a local model|my model file|a finetuned model|a downloaded model|a folder of models|deepseek|gemma|phi|models from a folder) [with the daemon|on my node|on my server|on the daemon];
        (give|tell) the daemon (a model|my model|which model to use|where my models are); point the daemon to (my models|a folder|a gguf file|a model)""",
        says="i have a (gguf file|model file|gguf|folder full of models|model on my disk|llama3 file); i downloaded a model [and now]; my models are in a folder; i have my own model; i have several gguf files; i have the model file, what now",
        asks="""how do i (run|use|load|serve|start) (my own model|a model|my model|a gguf file|a gguf|llama3|mistral|several models|another model); where do i put (my models|gguf files|the model file|models|the model); can i (use|run) (my own model|several models|llama3|two models|any model|mistral|qwen) [on one node]; which option gives the model; how many models can a node have; what is --models-dir; can it run llama3; how does the daemon find my models; which models (can it run|work|does it support|are supported)""",
    ),
    fact(
        "models.gguf",
        """GGUF is the file format of llama.cpp: one file with weights, vocabulary and chat template. The daemon runs any GGUF that llama.cpp can load.""",
        "llama.cpp; file",
        topics="gguf; a gguf [file]; [the] (gguf format|model format|file format of models|format of a model|gguf files|model file format|model files); safetensors; pytorch models; .gguf; other model formats; onnx; gguf format; chat templates; the chat template",
        actions="(open|read|understand) a gguf [file]; use (safetensors|a pytorch model|other formats|an onnx model|a huggingface model that is not gguf|models in other formats); know which (files|formats) work",
        says="i have a safetensors file; my model is not a gguf; i do not know what gguf is; i have a pytorch model; my model has the wrong format",
        asks="what is (gguf|a gguf|a gguf file|the format of a model|gguf for); what does gguf mean; which (model format|format|file format|model files|formats) (does it use|does it need|works|can it read|are supported); does it (run|support|read) (safetensors|gguf|pytorch models|onnx|huggingface models); what kind of model files; why gguf; what is a model file",
    ),
    fact(
        "models.download",
        """`llamachat-daemon models add hf:OWNER/REPO:QUANT` downloads a GGUF from Hugging Face with a progress bar, resumes, and checks the digest. A path or URL works
        too.""",
        "models add; hf:",
        topics="""models add; hf:; hf:OWNER/REPO; (downloading|download of|getting) (a model|models|a gguf|model files); hugging face; huggingface; [the] (model download|download|downloads|model downloader); a new model; more models; new models; hf; where models come from; model hub; download model; an interrupted download""",
        actions="""(download|get|fetch|pull|obtain|find|grab) (a model|models|a gguf|a new model|a model from hugging face|another model|llama3|more models|mistral|a gguf file|a model from the internet|some models|qwen|a big model|a model from hf); (install|add) (a model|a new model|another model|models|more models) [from hugging face|from the internet|from a url]; (resume|continue) (a download|a model download|an interrupted download)""",
        says="i have no model [yet]; i need a model; the download (stopped|broke|was interrupted|failed|is slow|broke off); i do not have a gguf; i want a model from hugging face; there is no model on my node; my node has no model; i want more models",
        asks="""where do i (get|find|download) (a model|models|gguf files|a gguf|new models); how do i download (a model|models|a gguf|llama3); can it download models; which command downloads a model; what is hf:; does it download from hugging face; how do i get a model from hugging face; can a download be resumed; where do models come from; how do i pull a model; is there a model (hub|store|library)""",
    ),
    fact(
        "models.manage",
        """`llamachat-daemon models list` shows the models, `verify` checks the files, and `remove` deletes one. `add` takes a path or URL.""",
        "models list; remove",
        topics="models list; models verify; models remove; llamachat-daemon models; the models command; (listing|removing|deleting|verifying|checking|managing) models; the list of models on a node; model files on disk; model management; models on disk; a broken model file; disk space of models",
        actions="(list|see|show|print) (models|the models on my node|all models|the models on disk|models of the daemon|installed models|downloaded models|which models the daemon has); (remove|delete|erase|uninstall|throw away|get rid of) (a model|models|a model file|an old model|a big model|a model from disk|old models|a downloaded model); (verify|check) (a model|a model file|models|a download|the model files|if a model file is broken|a downloaded file); free disk space from models; manage (models|my models)",
        says="my disk is full of models; a model file may be (broken|damaged|corrupt); models take too much disk; i want to know which models are on my server; i no longer need a model; i have too many models",
        asks="which models (does my node have|are installed|are on disk|does the daemon have|are downloaded); how do i (list|remove|delete|verify|check|see) (models|a model|the models|a model file|my models); how do i free disk space; what does models verify do; is my model file ok; can i delete a model; which command lists models; how do i see all models of the daemon",
    ),
    fact(
        "models.quant",
        """Quantization stores the weights with fewer bits. Q4 files are small and fast, Q8_0 is near the original, F16 is full size. Take the largest that fits your memory with some room for the
        context.""",
        "bits; memory",
        topics="quantization; quantisation; quants; [the] (quantization|quantisation|quant|quant level|q4|q8|right quant|letters like Q4_K_M|quantization level|precision of weights); Q8_0; Q4_K_M; F16; q5; q6; quant; Q4; Q8; q4 or q8; quantized models; the difference between q4 and q8; f16 or q8; the size of a model file",
        actions="(choose|pick|select|decide on|understand) (a quantization|a quant|the right quant|between q4 and q8|the quantization|a quant level|the right file|the right quantization|q4 or q8|which gguf to take); (use|take) (a smaller quant|q4|q8|a quantized model|another quant); make a model smaller",
        says="there are many files like Q4_K_M; i do not know which quant to take; i see q4 and q8 [and do not know]; there are so many gguf files of one model; i do not know which file to download; q4 or q8",
        asks="what is (quantization|a quant|q4|q8|Q8_0|Q4_K_M|f16|a quantized model|the difference between q4 and q8); which (quant|quantization|file|gguf) (should i take|is best|do i need|should i download|is right for me); what does (Q4_K_M|Q8_0|f16|q4|quantization) mean; is q4 (good|good enough|bad|ok); q4 or q8; why are some files smaller; is q8 better than q4; which model file do i take",
    ),
    fact(
        "models.fingerprint",
        """A fingerprint is a digest of what decides the output: architecture, vocabulary, weights and adapters. Two nodes with the same fingerprint can continue an answer from its exact
        tokens.""",
        "digest; tokens",
        topics="fingerprint; [the|a] (fingerprint|fingerprints|model fingerprint|fingerprint of a model|same model on two nodes|identical models|hash of a model|model hash|model digest); the same model on every node; a fingerprint mismatch; different fingerprints; fingerprints; equal models",
        actions="(compare|see|check|know) (fingerprints|the fingerprint|if two nodes have the same model|two models|the fingerprint of a model|whether two nodes have the same model|if the models are equal|the hash of a model); have the same model on two nodes; use the same model on all nodes",
        says="two nodes have different fingerprints; my nodes have the same model name but different files; the fingerprints differ; the models on my nodes are not the same",
        asks="what is (a fingerprint|the fingerprint|a model fingerprint|the fingerprint of a model) [for]; what does fingerprint mean; how do i know if two nodes have the same model; why are fingerprints different; must nodes have the same model; do all nodes need the same model; when can another node continue exactly; what does the fingerprint say; does failover need the same model",
    ),
    fact(
        "models.context",
        """Set it with `llamachat-daemon serve --context N`, or `context` for one model in daemon.toml. A longer context needs more memory, because each slot keeps its tokens.""",
        "--context; memory",
        topics="--context; [the] (context of the daemon|context size of a model|context setting|context size on the node|n_ctx|context option|context length of the daemon|context length setting|size of the context|ctx size); context = 8192; 8192; context size; n_ctx; a bigger context; a longer context; more context; a larger context; ctx",
        actions="(set|change|raise|increase|enlarge|double|extend|make|get|configure|use|lower|reduce) (the context size|a bigger context|a longer context|the context length|a larger context|the context of a model|more context|the context on my node|n_ctx|the context window|a context of 8192|the context of the daemon)",
        says="the context is too (small|short|low); i want more context; i want a bigger context; the context of my node is too small; 2048 tokens are not enough; i need a longer context",
        asks="where do i set the context [size|length]; how do i (get|set|make) a (bigger|longer|larger) context; what does --context do; how big can the context be; can i (raise|change|increase) the context; does more context need more memory; why does the context need memory; how do i change the context size; how much memory does the context take; is the context divided by the slots",
    ),
    fact(
        "models.slots",
        """A slot is one answer being written. `--slots N` sets how many run at once in one batch; others wait in the queue. `llamachat-daemon bench` suggests a number.""",
        "--slots; queue",
        topics="--slots; slots; [the|a] (slot|slots|number of slots|slot setting|parallel answers|answers at once|slots option|meaning of slots|batching|batch|parallel slots|slots of a model); slots 3/8; parallelism; several answers at once; parallel answers; batching; continuous batching; simultaneous answers; busy slots",
        actions="(set|change|raise|choose|increase|lower|add) (the slots|the number of slots|slots|more slots|how many answers run at once|slots of a model|the slot count|parallelism); (run|write|get|have|serve) (several answers at once|more answers in parallel|two answers at the same time|parallel answers|many answers at the same time|answers in parallel|more at once)",
        says="only one answer runs at a time; all slots are busy; others have to wait; the second user has to wait; there are not enough slots; answers come one after the other",
        asks="what (is|are) (a slot|slots|the slots|--slots|busy slots); what does (slots 3/8|slots|slot|--slots) mean; how many slots (do i need|should i have|are good|are there); how many answers (can run|run) at once; can a node answer two (people|questions) at once; how do i set slots; do more slots need more memory; does it do batching; can it answer several questions at once",
    ),
    fact(
        "models.load",
        """Press Enter on a node card in the Nodes tab: there you can load and unload its models. It needs an admin token. Idle models also leave by themselves when memory is
        needed.""",
        "load and unload; admin",
        topics="(loading|unloading) (a model|models|models by hand|the model); load_model; unload_model; the load and unload keys; a loaded model; a model in memory; model states; the state (available|loaded|loading) of a model; model loading; unload; a model that stays in memory; the model state available",
        actions="(load|unload|preload|warm up|free) (a model|the model|models|another model|a model by hand|a model before i need it|a big model) [on a node|by hand|in memory|from memory]; (free|clear) the memory of a node; take a model out of memory; get a model into memory [before use|first]; keep a model in memory; warm a model",
        says="the first answer is slow because the model loads; a model sits in memory and is not used; i want the model loaded before i use it; loading takes long; the model is not loaded; the first question takes very long",
        asks="how do i (load|unload|preload) a model; can i (load|unload|preload) a model [by hand]; where do i (load|unload) models; is a model loaded; when is a model loaded; why is the first answer slow; does it unload models; who can load models; how long does loading take; when does a model leave memory; how do i free memory on the node",
    ),
    fact(
        "models.default",
        """Set it with `llamachat-daemon serve --default-model ID` or `default_model` in daemon.toml. Without any model the default is the built-in guide.""",
        "default-model|default_model",
        topics="[the] (default model|default model of a node|default_model|standard model|default model setting|default model of the daemon); --default-model; default_model; the model used by default; default model; the model id; model ids",
        actions="(set|change|choose|configure|define) (the default model|a default model|the default model of a node|the default model of the daemon|another default model|which model is the default|the standard model); use a model by default; make a model the default",
        says="the wrong model is the default; the guide answers instead of my model; my model is not the default; it always uses the guide; the node uses the wrong model by default",
        asks="what is the default model; which model is (the default|used by default|used if i choose none); how do i (set|change) the default model; where do i set the default model; why does the guide answer [and not my model]; what does --default-model do; which model is used without a choice; how do i make my model the default",
    ),
    fact(
        "models.gpu",
        """Use `--gpu-layers N` at `llamachat-daemon serve`; in daemon.toml `gpu_layers = -1` puts all layers on the GPU. llama-cpp-python must be built for your GPU. Without a GPU the CPU is
        used.""",
        "gpu-layers|gpu_layers",
        topics="--gpu-layers; gpu_layers; gpu; [the|a] (gpu|graphics card|gpu use|cuda|nvidia card|gpu support|vram|gpu setting|gpu layers|gpu memory|metal|rocm|amd gpu); gpu layers; cuda; gpu offload; nvidia; two gpus; vulkan; graphics card; gpu acceleration",
        actions="(use|enable|turn on|activate|get|set up) (my gpu|the gpu|a gpu|my graphics card|cuda|gpu support|the graphics card|my nvidia card|two gpus|rocm|metal|gpu acceleration) [for the model|with the daemon]; (put|run|move|load) (the model|a model|layers|all layers|some layers) (on|onto) the gpu; run on the (gpu|cpu only|cpu); offload layers [to the gpu]",
        says="my gpu is not used; the gpu (does nothing|is idle|is not used|is at zero|sits idle|is bored); it runs on the cpu only; the model runs on the cpu and not on the gpu; i have (a gpu|an nvidia card|two gpus|an amd card); only the cpu is busy; my graphics card is not used",
        asks="does it use (my gpu|the gpu|cuda|the graphics card|gpus); how do i use (my gpu|the gpu|cuda|my graphics card); why is (my gpu|the gpu) not used; what does --gpu-layers do; what are gpu layers; does it support (cuda|nvidia|amd|rocm|metal|two gpus|a gpu); how many gpu layers; how do i run on the gpu; can it run on the gpu; what is gpu_layers = -1; is cuda supported",
    ),
    fact(
        "models.memory",
        """Use a smaller model or quant, a smaller `--context`, or fewer `--slots`. `memory_budget = "80%"` in daemon.toml limits what models may take; idle models leave first.""",
        "smaller; memory_budget",
        topics="memory_budget; [the] (memory budget|memory limit|memory use|ram use|memory of a model|memory limit of the daemon|ram|memory need of a model|memory setting|vram limit); out of memory; oom; out of memory errors; ram; too little memory; memory; memory usage; memory_budget = 80%; a full memory; swap; the oom killer; low memory",
        actions="(limit|reduce|lower|save|cut|control|set) (memory|the memory|memory use|ram|the memory budget|how much memory it takes|the memory of the daemon|the ram of the daemon|memory usage|vram); (run|use|fit) (a big model|a large model|a model) (with little memory|in little memory|in 8 gb|on a small machine|with 16 gb ram|into my ram|into my gpu memory); make a model fit [in memory|in my ram]",
        says="""(it|the daemon|the model|my machine|my node|the server|my gpu) (runs out of memory|is out of memory|ran out of memory|eats all my memory|needs too much memory|takes all memory|takes all my ram|uses too much ram|swaps all the time); out of memory; i get an out of memory error; the model is too (big|large) [for my machine|for my gpu|for my memory]; the model does not fit [in memory|in my ram|in my gpu]; i have (only 8 gb|little memory|not enough memory|too little ram|only 4 gb of ram); cuda out of memory; the oom killer killed it; my ram is full; the memory is full; not enough memory""",
        asks="how much memory does (a model|it|the daemon|a 7b model|my model) (need|take|use); what do i do (when|if) it runs out of memory; how do i (limit|reduce|lower) (the memory|memory|memory use|ram); why does it use so much memory; what is memory_budget; how big a model can i run; which model fits in 8 gb; can i run a big model on a small machine; why is my memory full; what if the model is too big",
    ),
    fact(
        "models.failed",
        """The model could not be loaded: the file is missing, broken, too big, or not a GGUF. Run `llamachat-daemon models verify` and `llamachat-daemon check`; the reason is also in the node's
        log.""",
        "verify; check",
        topics="model_failed; [the|a] (error model_failed|failed model|model state failed|broken model|model error|load error|model that does not load|state failed|model failure|model load error); a model that failed; model failed; a missing model file; a bad gguf; model failed to load; a corrupt gguf",
        actions="(fix|repair|find out about|solve) (a failed model|model_failed|a model that does not load|a broken model|the error model_failed|a model that failed|a model load error|a bad gguf); see why (a|my) model failed; get a failed model to load",
        says="(my|a|the) model (failed|does not load|cannot be loaded|fails to load|is in state failed|is failed|will not load|does not start|has failed|would not load); i get model_failed; it says (model_failed|model failed|failed to load|that the model failed|the model could not be loaded); loading the model fails; error model_failed; the model file is missing; my gguf is (broken|refused|not accepted|not loaded|corrupt)",
        asks="what (does|is) model_failed [mean]; why (did my model fail|does my model not load|did the model fail|is my model failed|does the model not load); what do i do when a model fails [to load]; how do i find out why a model failed; what if the model file is broken; why will my gguf not load; what does failed mean on a model; how do i fix a model that does not load",
    ),
    fact(
        "models.unknown",
        "No node has that model. `llamachat nodes` and the model menu list what there is; choose one of those, or `auto`. The error `unknown_model` also lists them.",
        "unknown_model; auto",
        topics="unknown_model; [the] (error unknown_model|unknown model|missing model|wrong model name|unknown model error|model name that nobody has); an unknown model; unknown model; a model that does not exist; model not found; a wrong model id",
        actions="(fix|avoid|solve) (unknown_model|an unknown model|the unknown model error|a wrong model name|model not found); find the right (model name|name of a model|model id)",
        says="i get (unknown_model|an unknown model|model not found|unknown model); it says (unknown_model|unknown model|the model is unknown|that the model is unknown|model not found); it does not know my model; my model is (unknown|not found|not known|not in the list|missing in the menu); the model name is wrong; i asked for a model that is not there; no node has the model; error unknown_model",
        asks="what (does|is) unknown_model [mean]; why is (my|the) model (unknown|not found|not in the list); what are the names of the models; which model names are valid; what do i do with unknown_model; where do i see the model names; why does it not know my model; what is the right model name; why can it not find my model",
    ),
    fact(
        "models.slow",
        """Look at the live panel: queue, prefill and tokens per second say what is slow. A smaller model or quant, more `--gpu-layers`, the right `--threads`, or a faster node help.""",
        "live panel; smaller",
        topics="(slow answers|slow speed|the speed|slowness|a slow model|a slow node|bad performance|speed problems|low speed|performance|lag|a low tokens per second|poor performance|a slow server|speeding up); slow; speed; performance problems; faster answers; --threads; threads; the number of threads; high cpu; cpu load; cpu usage; slow first token; long waits",
        actions="(speed up|accelerate) (it|the answers|my node|the model|answers|the daemon|things|inference); (get|have) (faster answers|more speed|more tokens per second|better performance|quicker answers); make (it|the model|answers|my node|the answers|everything) (faster|quicker|run faster|less slow); (set|change|choose) the (threads|number of threads|thread count); find out (why it is slow|what is slow)",
        says="""(it|the answer|the model|my node|everything|the daemon|my model|this|the server|the reply) is (slow|too slow|very slow|so slow|slower than before|slow as hell|crawling|lagging|painfully slow|getting slower); (the answers|answers|replies|words) (are slow|come slowly|take forever|take ages|take too long|come too slowly|need minutes|are too slow); i wait (too long|minutes|ages|forever) [for an answer]; it takes (forever|too long|ages|minutes) [to answer]; only 2 tokens per second; i get (2|3|one|few) tokens per second; my cpu is at 100 %; the first word takes long; my fan is loud; it types very slowly""",
        asks="why is (it|the answer|the model|my node|everything|this|the daemon) (so slow|slow|slower|so slow today|getting slow); how do i make it (faster|quicker); how can i (speed it up|get faster answers|make it faster|get more speed); what makes it slow; can it be faster; how many threads; what do i do when it is slow; why does it take so long; why is my cpu at 100 %; what is a good speed; why is the first answer so slow",
    ),
    fact(
        "models.cache",
        """The node keeps the tokens of your chat warm, so the next turn reads only the new message. The live panel shows it as `cached`. Another node, or an unloaded model, must read all
        again.""",
        "warm; cached",
        topics="[the] (prefix cache|prompt cache|warm cache|cache|kv cache|prefix reuse|cached prompt|warm tokens|reuse of the prompt|prompt caching); prefix reuse; kv cache; prompt caching; cache; a warm chat on a node; cached tokens of a chat; warm and cold chats; a cold chat; resident tokens",
        actions="(use|keep|clear|see|understand|warm) (the cache|the prompt cache|the prefix cache|the kv cache|the cache warm|the warm cache|prompt caching); avoid reading the prompt again; keep a chat warm",
        says="the second answer starts faster than the first; the next turn is much faster; it reads the whole prompt again; the cache is cold; after a switch of the node it is slow; it reads my long prompt again each time",
        asks="what is (the cache|prompt caching|prefix reuse|the prefix cache|the kv cache|a warm chat|the prompt cache); why is the second answer faster; is the prompt cached; does it cache prompts; does it read the whole chat each time; is there a prompt cache; does it reuse the prompt; how does the cache work; why does it read everything again; do others share my cache; when is the cache lost",
    ),
    fact(
        "models.prices",
        """In daemon.toml give a model `price_in` and `price_out`, per million tokens, and `currency` under `[models]`. The cost of each answer is then shown in the live
        panel.""",
        "price_in; price_out",
        topics="price_in; price_out; [the] (price settings|prices in daemon.toml|currency|token price|price of tokens|price of a model|currency setting|cost settings|billing|price per million tokens); currency = EUR; prices per million tokens; prices; currency; costs in daemon.toml; billing; dollars instead of euros",
        actions="(set|give|change|enter|configure|define) (a price for a model|the price of tokens|prices in daemon.toml|the currency|token prices|price_in and price_out|the price of a model|the price per token|another currency); (bill|charge) (users|my users|somebody for tokens); show the cost in (dollars|euros|another currency)",
        says="the cost shown is zero; no cost is shown; the cost is in euros and i want dollars; i want to see what my model costs; my power costs money and i want to see it",
        asks="where do i set (the price|prices|the currency|token prices|price_in); what (is|are) price_in [and price_out]; how is the cost computed; why is no cost shown; can i change the currency; how do i set a price for a model; where does the price come from; which currency is used; how do i get the cost in dollars",
    ),
)
