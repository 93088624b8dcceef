"""The model server for machines without a GPU: transformers underneath, OpenAI's wire format on top."""
