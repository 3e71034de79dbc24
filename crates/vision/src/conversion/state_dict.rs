//! Reads a PyTorch state dict as `torch.save` wrote it up to version 1.5: pickles, then the numbers.
//!
//! Any byte may be hostile: nothing that the file names is run, values refer to each other by number,
//! so that nothing recurses, and nothing is allocated that the file does not hold.

use std::collections::HashMap;

// The magic number and the version, each a pickle of its own.
const HEAD: &[u8] =
    b"\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.\x80\x02\x4d\xe9\x03.";
// EfficientNet-Lite0 has 11,000.
const INSTRUCTIONS_MAX: usize = 100_000;
const NAME_BYTES_MAX: usize = 64;

/// Why a state dict cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateDictError {
    #[error(
        "byte {at} is not what a PyTorch state dict of tensors has there (versions 1.0 to 1.5)"
    )]
    Unreadable { at: usize },
    #[error("the state dict has no tensor {name} of 32-bit numbers and of shape {shape:?}")]
    NoTensor { name: String, shape: Vec<usize> },
}

/// The tensors of a file that hold 32-bit floating-point numbers.
#[derive(Debug)]
pub struct StateDict<'a> {
    tensors: HashMap<&'a str, Tensor<'a>>,
}

#[derive(Debug)]
struct Tensor<'a> {
    shape: Vec<usize>,
    strides: Vec<usize>,
    // From its first number to the end of the storage.
    bytes: &'a [u8],
}

impl<'a> StateDict<'a> {
    /// # Errors
    /// The bytes are anything but a whole state dict of tensors alone.
    pub fn read(bytes: &'a [u8]) -> Result<StateDict<'a>, StateDictError> {
        let mut reader = Reader { bytes, ..Reader::default() };
        let tensors = reader.tensors().ok_or(StateDictError::Unreadable { at: reader.at })?;
        Ok(StateDict { tensors })
    }

    /// The numbers of a tensor of this shape, row by row.
    ///
    /// # Errors
    /// There is none of this name and shape.
    pub fn floats(&self, name: &str, shape: &[usize]) -> Result<Vec<f32>, StateDictError> {
        let tensor = self.tensors.get(name).filter(|tensor| tensor.shape == shape);
        tensor.and_then(Tensor::floats).ok_or_else(|| StateDictError::NoTensor {
            name: name.to_owned(),
            shape: shape.to_vec(),
        })
    }
}

impl Tensor<'_> {
    // None where it reaches beyond its storage.
    fn floats(&self) -> Option<Vec<f32>> {
        let words = self.bytes.as_chunks::<4>().0;
        let axes = || self.shape.iter().copied().zip(self.strides.iter().copied());
        let last = axes().try_fold(0_usize, |last, (length, stride)| {
            last.checked_add(length.checked_sub(1)?.checked_mul(stride)?)
        });
        let count = axes().try_fold(1_usize, |count, (length, _)| count.checked_mul(length))?;
        if last? >= words.len() || count > words.len() {
            return None;
        }
        let word = |mut at: usize| {
            let mut source = 0;
            for (length, stride) in axes().rev() {
                source += at % length * stride;
                at /= length;
            }
            f32::from_le_bytes(words[source])
        };
        Some((0..count).map(word).collect())
    }
}

// What a pickle makes. A value names those inside it by their numbers.
enum Value<'a> {
    /// None, true or false.
    Ignored,
    Number(usize),
    Text(&'a str),
    Sequence(Vec<usize>),
    /// Keys and values by turns.
    Dict(Vec<usize>),
    Storage(&'a str),
    Tensor {
        storage: &'a str,
        offset: usize,
        shape: Vec<usize>,
        strides: Vec<usize>,
    },
    // The only names of Python that a file may use.
    OrderedDict,
    RebuildTensor,
    StorageType {
        number_bytes: usize,
    },
}

struct Storage<'a> {
    number_bytes: usize,
    count: usize,
    bytes: &'a [u8],
}

// None of its methods means: the file is rejected, at the byte that was reached.
#[derive(Default)]
struct Reader<'a> {
    bytes: &'a [u8],
    at: usize,
    instructions: usize,
    values: Vec<Value<'a>>,
    stack: Vec<usize>,
    marks: Vec<usize>,
    memo: HashMap<usize, usize>,
    storages: HashMap<&'a str, Storage<'a>>,
}

impl<'a> Reader<'a> {
    fn tensors(&mut self) -> Option<HashMap<&'a str, Tensor<'a>>> {
        (self.take(HEAD.len())? == HEAD).then_some(())?;
        // What the machine was like that wrote it.
        self.unpickle()?;
        let (dict, keys) = (self.unpickle()?, self.unpickle()?);
        self.read_storages(keys)?;
        let Value::Dict(entries) = &self.values[dict] else { return None };
        let mut tensors = HashMap::new();
        for [name, tensor] in entries.as_chunks().0 {
            let (Value::Text(name), Value::Tensor { storage, offset, shape, strides }) =
                (&self.values[*name], &self.values[*tensor])
            else {
                return None;
            };
            let storage = self.storages.get(storage)?;
            if storage.number_bytes == size_of::<f32>() && shape.len() == strides.len() {
                let bytes = storage.bytes.get(offset.checked_mul(size_of::<f32>())?..)?;
                let (shape, strides) = (shape.clone(), strides.clone());
                tensors.insert(*name, Tensor { shape, strides, bytes });
            }
        }
        Some(tensors)
    }

    // Each storage of the list: how many numbers it has, then the numbers.
    fn read_storages(&mut self, keys: usize) -> Option<()> {
        let Value::Sequence(keys) = &self.values[keys] else { return None };
        for key in keys.clone() {
            let Value::Text(key) = self.values[key] else { return None };
            let count = self.number(8)?;
            let Storage { number_bytes, count: declared, .. } = *self.storages.get(key)?;
            let bytes = self.take(count.checked_mul(number_bytes)?)?;
            (count == declared).then_some(())?;
            self.storages.insert(key, Storage { number_bytes, count, bytes });
        }
        (self.at == self.bytes.len()).then_some(())
    }

    // Runs one pickle (protocol 2) and gives the number of its value.
    fn unpickle(&mut self) -> Option<usize> {
        self.stack.clear();
        self.marks.clear();
        self.memo.clear();
        loop {
            self.instructions += 1;
            let code = self.take(1).filter(|_| self.instructions <= INSTRUCTIONS_MAX)?[0];
            match code {
                b'.' => return self.stack.pop(),
                0x80 => (self.number(1)? == 2).then_some(())?,
                b'(' => self.marks.push(self.stack.len()),
                b'q' | b'r' => {
                    let slot = self.number(if code == b'q' { 1 } else { 4 })?;
                    self.memo.insert(slot, *self.stack.last()?);
                }
                b'h' | b'j' => {
                    let slot = self.number(if code == b'h' { 1 } else { 4 })?;
                    self.stack.push(*self.memo.get(&slot)?);
                }
                b'a' | b's' => {
                    let items = self.pop_last(if code == b'a' { 1 } else { 2 })?;
                    self.fill(items)?;
                }
                b'e' | b'u' => {
                    let items = self.pop_marked()?;
                    self.fill(items)?;
                }
                // What an object is set up with beside its entries.
                b'b' => drop(self.stack.pop()?),
                _ => {
                    let value = self.new_value(code)?;
                    self.stack.push(self.values.len());
                    self.values.push(value);
                }
            }
        }
    }

    fn new_value(&mut self, code: u8) -> Option<Value<'a>> {
        Some(match code {
            b'N' | 0x88 | 0x89 => Value::Ignored,
            b'K' => Value::Number(self.number(1)?),
            b'M' => Value::Number(self.number(2)?),
            b'J' => Value::Number(self.number(4)?),
            b'X' => {
                let length = self.number(4)?;
                Value::Text(std::str::from_utf8(self.take(length)?).ok()?)
            }
            b'}' => Value::Dict(Vec::new()),
            b']' | b')' => Value::Sequence(Vec::new()),
            b't' => Value::Sequence(self.pop_marked()?),
            0x85..=0x87 => Value::Sequence(self.pop_last(usize::from(code - 0x84))?),
            b'c' => match (self.line()?, self.line()?) {
                (b"collections", b"OrderedDict") => Value::OrderedDict,
                (b"torch._utils", b"_rebuild_tensor_v2") => Value::RebuildTensor,
                (b"torch", b"FloatStorage") => Value::StorageType { number_bytes: 4 },
                (b"torch", b"LongStorage") => Value::StorageType { number_bytes: 8 },
                _ => return None,
            },
            b'Q' => self.declare_storage()?,
            b'R' => self.call()?,
            _ => return None,
        })
    }

    // ("storage", its type, its key, a device, how many numbers, None)
    fn declare_storage(&mut self) -> Option<Value<'a>> {
        let reference = self.stack.pop()?;
        let members = self.members(reference)?;
        let [
            Value::Text("storage"),
            Value::StorageType { number_bytes },
            Value::Text(key),
            _,
            Value::Number(count),
            _,
        ] = members[..]
        else {
            return None;
        };
        let (key, storage) =
            (*key, Storage { number_bytes: *number_bytes, count: *count, bytes: &[] });
        self.storages.insert(key, storage);
        Some(Value::Storage(key))
    }

    // OrderedDict(), or _rebuild_tensor_v2(storage, offset, shape, strides, _, _).
    fn call(&mut self) -> Option<Value<'a>> {
        let (arguments, function) = (self.stack.pop()?, self.stack.pop()?);
        match (&self.values[function], &self.members(arguments)?[..]) {
            (Value::OrderedDict, []) => Some(Value::Dict(Vec::new())),
            (
                Value::RebuildTensor,
                [
                    Value::Storage(storage),
                    Value::Number(offset),
                    Value::Sequence(shape),
                    Value::Sequence(strides),
                    _,
                    _,
                ],
            ) => Some(Value::Tensor {
                storage,
                offset: *offset,
                shape: self.sizes(shape)?,
                strides: self.sizes(strides)?,
            }),
            _ => None,
        }
    }

    fn fill(&mut self, items: Vec<usize>) -> Option<()> {
        match &mut self.values[*self.stack.last()?] {
            Value::Sequence(list) => list.extend(items),
            Value::Dict(entries) if items.len().is_multiple_of(2) => entries.extend(items),
            _ => return None,
        }
        Some(())
    }

    fn members(&self, sequence: usize) -> Option<Vec<&Value<'a>>> {
        let Value::Sequence(members) = &self.values[sequence] else { return None };
        Some(members.iter().map(|member| &self.values[*member]).collect())
    }

    // Of a tensor with at most four dimensions.
    fn sizes(&self, members: &[usize]) -> Option<Vec<usize>> {
        let number = |member: &usize| match self.values[*member] {
            Value::Number(number) => Some(number),
            _ => None,
        };
        if members.len() > 4 {
            return None;
        }
        members.iter().map(number).collect()
    }

    fn pop_marked(&mut self) -> Option<Vec<usize>> {
        let mark = self.marks.pop()?;
        self.pop_last(self.stack.len().checked_sub(mark)?)
    }

    fn pop_last(&mut self, count: usize) -> Option<Vec<usize>> {
        Some(self.stack.split_off(self.stack.len().checked_sub(count)?))
    }

    // Without a sign: a negative number is a large one, which no size is.
    fn number(&mut self, length: usize) -> Option<usize> {
        let mut word = [0; 8];
        word[..length].copy_from_slice(self.take(length)?);
        usize::try_from(u64::from_le_bytes(word)).ok()
    }

    fn line(&mut self) -> Option<&'a [u8]> {
        let rest = self.bytes[self.at..].iter().take(NAME_BYTES_MAX);
        let length = rest.copied().position(|byte| byte == b'\n')?;
        Some(&self.take(length + 1)?[..length])
    }

    fn take(&mut self, length: usize) -> Option<&'a [u8]> {
        let taken = self.bytes.get(self.at..self.at.checked_add(length)?)?;
        self.at += length;
        Some(taken)
    }
}
