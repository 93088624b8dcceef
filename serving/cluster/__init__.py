"""Past one server: a front edge, vllm-router behind it, replicas behind that."""
