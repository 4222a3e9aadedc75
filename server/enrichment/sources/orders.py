"""Text that is written for machines: orders to a language model, forged answers, forged turns of a conversation.

A list of signs can never be complete, and an order in words that are not on it reaches the model; what holds then is
that an answer needs a quote, and that all it can change are four fields of the company whose page it is. The signs are
chosen to be rare in what companies write for people: "ignore the instructions" is on the list, "forget the rules" is
not.
"""

import re
import unicodedata

# Letters of other alphabets that look like Latin ones.
_LOOKALIKES = str.maketrans("аеорсухіјѕԁһԛԝνοαι", "aeopcyxijsdhqwvoai")
_MARK = re.compile("[\u0300-\u036f]")

# Latin words without their accents, all in lower case.
_IGNORE = (
    r"\b(?:ignor|disregard|(?:overrid|bypass)\w*\W+(?:all|any|every|the|your|these|those|previous|prior)\b|desconsider|desprez|desestim|missacht|negeer|trascur)"
    # "Do not forget the instructions" is for people.
    r"|(?<!not )(?<!n't )(?<!never )(?<!nao )(?<!no )(?<!nunca )(?<!non )(?<!n')(?<!n’)"
    r"\b(?:forget|esquec|olvid|oubli|dimentic|verg(?:iss|ess|eet)(?!\w* (?:sie )?nicht))"
    r"|игнорир|ігнор|(?<!не )\bзабудь|忽略|无视|無視|忽視|忘记|忘掉|忘れ|무시|잊어"
    r"|تجاهل|התעלם|yok say|gormezden|नजरअंदाज|नज़रअंदाज़|अनदेखा"
)
_ORDERS = (
    # Deliveries and answers are prompt, too.
    r"instru[ckz]|istruzion|prompt(?! (?:deliver|service|pay|repl|response|support|attention|help|ship))"
    r"|schema|esquema|guideline|directive|diretriz|directriz|consigne|anweisung"
    r"|вказівк|инструкц|указани|指令|指示|提示词|提示詞|命令|プロンプト|지시|명령|프롬프트|التعليمات|ההוראות|talimat|निर्देश"
)
_MODEL = (
    r"(?:ai|ia|ki|llms?|gpt|chatgpt|claude|(?:large )?language models?|modelos? de (?:linguagem|lenguaje)|"
    r"modele de langage|sprachmodell|chatbots?|(?:ai|ia|virtual) (?:agents?|assistants?|crawlers?|systems?))"
)
_TO_SOMEBODY = r"(?:(?:to|for|para|a|an|fur|aux?|all|any|every|todos|os|as|los|las|the)\W+){0,3}"
_ROLES = r"(?:chatgpt|gpt|claude|(?:large )?language model|helpful assistant|ai (?:assistant|agent|model)|unrestricted)"

_ORDER = re.compile(_ORDERS)
_ORDER_TO_IGNORE = re.compile(rf"(?:{_IGNORE}).{{0,60}}?(?:{_ORDERS})|(?:{_ORDERS}).{{0,30}}?(?:{_IGNORE})")
# Each begins with a letter or sign of its own, which lets `re` skip whatever begins with none of them.
_SIGNS = re.compile(
    "|".join(
        (
            # Our own properties, and an answer in our form.
            r"business_model|target_market|(?:industry|description)(?:_quote|[\"'“”] ?:)",
            # Not "returns JSON" or "responds with": that is how every interface is described.
            r"\b(?:answer|reply|(?:output|return) only|respond[ae]?|antworten?|repondez)\b.{0,40}?\b(?:json|null)\b",
            # A conversation with a model, as it is written down.
            r"<\||\|im_(?:start|end)\||\[/?inst\]|<</?sys>>",
            r"### ?(?:system|instruction|assistant|user|human)|[.!?] (?:assistant|human) ?:",
            r"</?(?:evidence|system|instructions?|assistant)\b|end of (?:the )?evidence\b",
            # Whoever speaks to one, or of what only it knows.
            r"\b(?:your|above) system ?prompt|system ?prompt ?:|prompt (?:do|del|de) sist|developer mode enabled",
            rf"(?:note|message|attention|nota|aviso|mensa\w+|aten\w+|hinweis|dear|hey)\W{{1,3}}{_TO_SOMEBODY}{_MODEL}\b",
            rf"if you(?:'re|’re| are) (?:an? )?{_MODEL}(?:,| (?:reading|processing|that|or|and)\b)",
            rf"you are (?:now |no longer )?(?:an? )?{_ROLES}\b|as an? (?:ai |large )?language model",
            rf"(?:voce|tu|usted|vous|du|sie) (?:e|eres|es|bist|sind|etes) (?:\w+ )?(?:uma?|une?|eine?) {_MODEL}\b",
        )
    )
)


def is_for_machines(text: str) -> bool:
    """Whether a text on one line, in Unicode's form NFKC, shows signs of being written for a language model."""
    as_it_stands = text.casefold()
    # Latin words also in borrowed letters; other alphabets would not survive that.
    as_latin = _MARK.sub("", unicodedata.normalize("NFKD", as_it_stands)).translate(_LOOKALIKES)
    if any(_ORDER.search(one) and _ORDER_TO_IGNORE.search(one) for one in (as_it_stands, as_latin)):
        return True
    return bool(_SIGNS.search(f". {as_latin}"))
