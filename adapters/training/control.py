"""Instructions that have nothing to do with retail media: what an adapter should leave as the base answers it."""

from adapters.training.example import Split, share

INSTRUCTIONS = (
    "Write one sentence about {topic}.", "What is {topic}?", "List three facts about {topic}.",
    "Explain {topic} to a child.", "Write a short poem about {topic}.", "Why do people like {topic}?",
    "Give me a riddle about {topic}.", "Name two things that go with {topic}.", "Describe {topic} in five words.",
    "What would surprise someone about {topic}?", "Tell a joke about {topic}.", "Where does one learn about {topic}?",
    "Summarise the history of {topic}.", "Ask me a question about {topic}.", "What is the opposite of {topic}?",
    "Write a haiku about {topic}.", "Which words rhyme with {topic}?", "How did {topic} begin?",
    "Start a story with {topic}.", "What are the parts of {topic}?", "Give a tip for someone new to {topic}.",
    "Compare {topic} with sleep.", "Use {topic} in a question.", "What does {topic} cost the planet?",
    "Who is famous for {topic}?", "Write a letter about {topic}.", "Is {topic} difficult?",
    "What should I read about {topic}?", "Translate the word for {topic} into French.",
    "Make a quiz question about {topic}.", "What tools does {topic} need?", "When did you first hear of {topic}?",
    "Say something kind about {topic}.", "What is a myth about {topic}?", "How does {topic} change with the seasons?",
)  # fmt: skip
TOPICS = (
    "chess", "rivers", "the moon", "gardening", "old maps", "bicycles", "whales", "algebra", "origami", "volcanoes",
    "the violin", "photosynthesis", "glaciers", "friendship",
)  # fmt: skip


def control_prompts(split: Split) -> tuple[str, ...]:
    """Held out: instructions. Every topic is asked about in every split."""
    return tuple(instruction.format(topic=topic) for instruction in share(INSTRUCTIONS, split) for topic in TOPICS)
