//! The functions that expressions may call: their names, how many arguments they take, and what they give.

/// What an expression gives, where that is known before it runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Text,
    Number,
    Boolean,
    /// A day, moment or time.
    Dated,
    Unknown,
}

macro_rules! functions {
    ($($name:literal $variant:ident $least:literal $most:expr, $shape:ident;)*) => {
        /// A function of the language.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(super) enum Function { $($variant),* }

        impl Function {
            /// Finds a function by its name.
            pub(super) fn named(name: &str) -> Option<Self> {
                match name { $($name => Some(Self::$variant),)* _ => None }
            }

            /// Fewest and most arguments.
            pub(super) fn arity(self) -> (usize, usize) {
                match self { $(Self::$variant => ($least, $most)),* }
            }

            /// What it gives.
            pub(super) fn shape(self) -> Shape {
                match self { $(Self::$variant => Shape::$shape),* }
            }
        }
    };
}

/// As many arguments as wanted.
const MANY: usize = usize::MAX;

functions! {
    "selected" Selected 2 2, Boolean;
    "count-selected" CountSelected 1 1, Number;
    "selected-at" SelectedAt 2 2, Text;
    "jr:choice-name" ChoiceName 2 2, Text;
    "if" If 3 3, Unknown;
    "coalesce" Coalesce 2 MANY, Unknown;
    "once" Once 1 1, Unknown;
    "string" String 0 1, Text;
    "number" Number 0 1, Number;
    "boolean" Boolean 1 1, Boolean;
    "boolean-from-string" BooleanFromString 1 1, Boolean;
    "true" True 0 0, Boolean;
    "false" False 0 0, Boolean;
    "not" Not 1 1, Boolean;
    "regex" Regex 2 2, Boolean;
    "contains" Contains 2 2, Boolean;
    "starts-with" StartsWith 2 2, Boolean;
    "ends-with" EndsWith 2 2, Boolean;
    "string-length" StringLength 0 1, Number;
    "normalize-space" NormalizeSpace 0 1, Text;
    "substr" Substr 2 3, Text;
    "substring-before" SubstringBefore 2 2, Text;
    "substring-after" SubstringAfter 2 2, Text;
    "translate" Translate 3 3, Text;
    "concat" Concat 0 MANY, Text;
    "join" Join 1 MANY, Text;
    "today" Today 0 0, Dated;
    "now" Now 0 0, Dated;
    "date" Date 1 1, Dated;
    "date-time" DateTime 1 1, Dated;
    "decimal-date-time" DecimalDateTime 1 1, Number;
    "decimal-time" DecimalTime 1 1, Number;
    "format-date" FormatDate 2 2, Text;
    "format-date-time" FormatDateTime 2 2, Text;
    "sum" Sum 1 MANY, Number;
    "count" Count 1 1, Number;
    "count-non-empty" CountNonEmpty 1 1, Number;
    "min" Min 1 MANY, Number;
    "max" Max 1 MANY, Number;
    "int" Int 1 1, Number;
    "round" Round 1 2, Number;
    "floor" Floor 1 1, Number;
    "ceiling" Ceiling 1 1, Number;
    "abs" Abs 1 1, Number;
    "pow" Pow 2 2, Number;
    "sqrt" Sqrt 1 1, Number;
    "exp" Exp 1 1, Number;
    "exp10" Exp10 1 1, Number;
    "log" Log 1 1, Number;
    "log10" Log10 1 1, Number;
    "sin" Sin 1 1, Number;
    "cos" Cos 1 1, Number;
    "tan" Tan 1 1, Number;
    "asin" Asin 1 1, Number;
    "acos" Acos 1 1, Number;
    "atan" Atan 1 1, Number;
    "atan2" Atan2 2 2, Number;
    "pi" Pi 0 0, Number;
    "position" Position 0 1, Number;
    "index" Index 0 0, Number;
    "indexed-repeat" IndexedRepeat 3 MANY, Unknown;
    "distance" Distance 1 MANY, Number;
    "area" Area 1 MANY, Number;
}

impl Function {
    /// Takes a whole series of values where it is given a question inside a repeat.
    pub(super) fn takes_series(self) -> bool {
        matches!(
            self,
            Self::Sum
                | Self::Count
                | Self::CountNonEmpty
                | Self::Min
                | Self::Max
                | Self::Concat
                | Self::Join
                | Self::Distance
                | Self::Area
        )
    }

    /// Whether the argument at this place must be a number (a text that is no number can never do).
    pub(super) fn wants_number(self, place: usize) -> bool {
        match self {
            Self::Sum | Self::Min | Self::Max => true,
            Self::Round | Self::Pow | Self::Atan2 => place < 2,
            Self::Int
            | Self::Floor
            | Self::Ceiling
            | Self::Abs
            | Self::Sqrt
            | Self::Exp
            | Self::Exp10 => true,
            Self::Log
            | Self::Log10
            | Self::Sin
            | Self::Cos
            | Self::Tan
            | Self::Asin
            | Self::Acos
            | Self::Atan => true,
            Self::SelectedAt => place == 1,
            Self::Substr => place > 0,
            _ => false,
        }
    }
}
