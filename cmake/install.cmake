# Filled in by the packaging of skiff::apply and skiff::engine.
