//! The graph of one host: its steps in the order they are carried out.

use crate::{
    DatasetName, HostName, Key, NameError, Resource,
    check::{self, Fault},
    mounts::mounts,
    step::{FORMAT, ObjectId, Step, System, digests},
};
use petgraph::{algo::tarjan_scc, graph::DiGraph};
use std::{
    cmp::Reverse,
    collections::{BTreeMap, BinaryHeap, HashMap},
};

/// Says why resources make no graph.
#[derive(Debug, thiserror::Error)]
pub enum GraphError {
    /// Two resources have one key.
    #[error("{0} is declared twice")]
    Duplicate(Key),
    /// A resource needs one that is not there.
    #[error("{0} needs {1}, which is not declared")]
    Missing(Key, Key),
    /// These resources need each other in a circle, or what is in one. No trees and no mount points make one.
    #[error("these need each other in a circle: {}", list(.0))]
    Cycle(Vec<Key>),
    /// A resource cannot be written as canonical JSON.
    #[error("a resource cannot be written as canonical JSON")]
    Encode(#[from] serde_json::Error),
    /// Stored steps do not make up the system that names them.
    #[error("the system object names step {0}, which is missing")]
    Incomplete(ObjectId),
    /// An object of a format that this version does not know.
    #[error("an object has format {0}; this version reads formats up to {FORMAT}: use a newer phoenix")]
    Format(u32),
    /// A stored resource names what no spec can.
    #[error("{0}: {1}")]
    Name(Key, #[source] NameError),
    /// An object says another format than its content has.
    #[error("{0} is in an object of format {1}, and has format {2}")]
    WrongFormat(Key, u32, u32),
}

fn list(keys: &[Key]) -> String {
    keys.iter().map(Key::to_string).collect::<Vec<_>>().join(", ")
}

/// A resource in its place: with what it needs, its step's id and its content digest.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Node {
    pub key: Key,
    /// The desired state.
    pub resource: Resource,
    /// Indices of the nodes that this one needs, all smaller than its own, sorted.
    pub needs: Vec<usize>,
    /// The id of the step.
    pub id: ObjectId,
    /// The digest of the resource alone.
    pub content: ObjectId,
}

/// All that one host is to have, in an order in which it can be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Graph {
    host: HostName,
    nodes: Vec<Node>,
    by_key: HashMap<Key, usize>,
    system: System,
    id: ObjectId,
}

impl Graph {
    /// Orders the resources, ties broken by key, and gives each its id.
    ///
    /// # Errors
    /// [`GraphError`] for a duplicate, a missing need or a cycle.
    pub fn assemble(host: HostName, resources: Vec<Resource>) -> Result<Self, GraphError> {
        let mut resources: Vec<(Key, Resource)> = resources.into_iter().map(|r| (r.key(), r)).collect();
        resources.sort_by(|a, b| a.0.cmp(&b.0));
        if let Some(pair) = resources.windows(2).find(|pair| pair[0].0 == pair[1].0) {
            return Err(GraphError::Duplicate(pair[0].0.clone()));
        }
        let edges = needs(&resources)?;
        let order = order(&resources, &edges)?;
        Self::number(host, resources, &edges, &order)
    }

    /// Puts a graph together again from its stored system and steps.
    ///
    /// # Errors
    /// [`GraphError`] where a step is missing or of a format to come.
    pub fn restore(
        system: System,
        mut step: impl FnMut(&ObjectId) -> Option<Step>,
    ) -> Result<Self, GraphError> {
        if system.format != System::FORMAT {
            return Err(GraphError::Format(system.format));
        }
        let mut resources = Vec::with_capacity(system.needs.len());
        for id in &system.needs {
            let step = step(id).ok_or(GraphError::Incomplete(*id))?;
            if step.format > FORMAT {
                return Err(GraphError::Format(step.format));
            }
            let named = step.resource.check_names();
            named.map_err(|error| GraphError::Name(step.resource.key(), error))?;
            let format = step.resource.format();
            if step.format != format {
                return Err(GraphError::WrongFormat(step.resource.key(), step.format, format));
            }
            resources.push(step.resource);
        }
        Self::assemble(system.system, resources)
    }

    fn number(
        host: HostName,
        resources: Vec<(Key, Resource)>,
        edges: &[Vec<usize>],
        order: &[usize],
    ) -> Result<Self, GraphError> {
        let mut place = vec![0; resources.len()];
        for (at, &index) in order.iter().enumerate() {
            place[index] = at;
        }
        let mut slots: Vec<Option<(Key, Resource)>> = resources.into_iter().map(Some).collect();
        let mut nodes: Vec<Node> = Vec::with_capacity(slots.len());
        for &index in order {
            let Some((key, resource)) = slots[index].take() else { continue };
            let mut needs: Vec<usize> = edges[index].iter().map(|&need| place[need]).collect();
            needs.sort_unstable();
            let mut ids: Vec<ObjectId> = needs.iter().map(|&need| nodes[need].id).collect();
            ids.sort_unstable();
            let (id, content) = digests(&ids, &resource)?;
            nodes.push(Node { key, resource, needs, id, content });
        }
        let mut ids: Vec<ObjectId> = nodes.iter().map(|node| node.id).collect();
        ids.sort_unstable();
        let system = System { format: System::FORMAT, system: host.clone(), needs: ids };
        let id = ObjectId::of(&system.to_bytes()?);
        let by_key = nodes.iter().enumerate().map(|(at, node)| (node.key.clone(), at)).collect();
        Ok(Self { host, nodes, by_key, system, id })
    }

    /// Returns the host's name.
    #[must_use]
    pub fn host(&self) -> &HostName {
        &self.host
    }

    /// Returns the id of the system step, which names the whole.
    #[must_use]
    pub fn id(&self) -> ObjectId {
        self.id
    }

    /// Returns the system step.
    #[must_use]
    pub fn system(&self) -> &System {
        &self.system
    }

    /// Returns the nodes in an order in which they can be carried out.
    #[must_use]
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Returns the resources in that order.
    pub fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.nodes.iter().map(|node| &node.resource)
    }

    /// Finds a node by its key.
    #[must_use]
    pub fn get(&self, key: &Key) -> Option<&Node> {
        self.by_key.get(key).map(|&at| &self.nodes[at])
    }

    /// Holds everything against what a spec may say: a graph that was read may come from anywhere.
    ///
    /// # Errors
    /// The first resource that no spec can ask for, with the reason.
    pub fn check(&self) -> Result<(), Fault> {
        check::all(self.resources()).into_iter().next().map_or(Ok(()), Err)
    }

    /// Finds the file system or volume of a name.
    #[must_use]
    pub fn dataset(&self, name: &DatasetName) -> Option<&Node> {
        self.get(&Key::Dataset(name.clone())).or_else(|| self.get(&Key::Volume(name.clone())))
    }

    /// Returns the step of a node, as it is stored.
    #[must_use]
    pub fn step(&self, node: &Node) -> Step {
        let mut needs: Vec<ObjectId> = node.needs.iter().map(|&need| self.nodes[need].id).collect();
        needs.sort_unstable();
        Step { format: node.resource.format(), needs, resource: node.resource.clone() }
    }
}

/// Finds what each resource needs, as indices: a dataset its parent, and what is mounted above it;
/// what is about a dataset that dataset, and what it goes through: an export, a mapping, a registration.
fn needs(resources: &[(Key, Resource)]) -> Result<Vec<Vec<usize>>, GraphError> {
    let index: HashMap<&Key, usize> = resources.iter().enumerate().map(|(at, (key, _))| (key, at)).collect();
    let find = |from: &Key, key: Key| match index.get(&key) {
        Some(&at) => Ok(at),
        None => Err(GraphError::Missing(from.clone(), key)),
    };
    let dataset = |from: &Key, name: &DatasetName| match index.get(&Key::Volume(name.clone())) {
        Some(&at) => Ok(at),
        None => match index.get(&Key::Dataset(name.clone())) {
            Some(&at) => Ok(at),
            // A root dataset without settings of its own stands for nothing but its pool.
            None if name.is_root() => find(from, Key::Pool(name.pool())),
            None => find(from, Key::Dataset(name.clone())),
        },
    };
    let mut all = Vec::with_capacity(resources.len());
    for (key, resource) in resources {
        let mut needs = Vec::new();
        if let Some(name) = resource.dataset_name() {
            needs.push(match name.parent() {
                Some(parent) => dataset(key, &parent)?,
                None => find(key, Key::Pool(name.pool()))?,
            });
        }
        if let Some(name) = resource.over() {
            needs.push(dataset(key, name)?);
        }
        if let Some(export) = resource.through() {
            needs.push(find(key, export)?);
        }
        all.push(needs);
    }
    let mut mounted: Vec<(usize, usize)> = mounted_above(resources, &index).into_iter().collect();
    mounted.sort_unstable();
    let circles = circles(&all, &mounted);
    for (at, above) in mounted {
        if circles[at] != circles[above] {
            all[at].push(above);
        }
    }
    for needs in &mut all {
        needs.sort_unstable();
        needs.dedup();
    }
    Ok(all)
}

/// Numbers the circles that trees and mount points make together, such as a dataset mounted above the one
/// that contains it; what is in no circle has a number of its own. In a circle the tree says what is made
/// first, and mounting goes by the paths: that is no matter of making.
fn circles(trees: &[Vec<usize>], mounted: &[(usize, usize)]) -> Vec<usize> {
    let mut graph: DiGraph<(), (), usize> = DiGraph::with_capacity(trees.len(), trees.len() + mounted.len());
    for _ in trees {
        graph.add_node(());
    }
    let tree_edges =
        trees.iter().enumerate().flat_map(|(at, needs)| needs.iter().map(move |&need| (at, need)));
    for (at, need) in tree_edges.chain(mounted.iter().copied()) {
        graph.add_edge(need.into(), at.into(), ());
    }
    let mut number = vec![0; trees.len()];
    for (count, circle) in tarjan_scc(&graph).into_iter().enumerate() {
        for node in circle {
            number[node.index()] = count;
        }
    }
    number
}

/// Finds, for each mounted file system, the one that is mounted nearest above its mount point.
fn mounted_above(resources: &[(Key, Resource)], index: &HashMap<&Key, usize>) -> HashMap<usize, usize> {
    let mounts = mounts(resources.iter().map(|(_, resource)| resource));
    let at = |name: &DatasetName| index.get(&Key::Dataset(name.clone())).copied();
    let by_path: BTreeMap<&str, usize> = mounts
        .iter()
        .filter(|(_, mount)| mount.mounted)
        .filter_map(|(name, mount)| Some((mount.path.as_deref()?, at(name)?)))
        .collect();
    let mut above = HashMap::new();
    for (path, &child) in &by_path {
        let mut rest = *path;
        while let Some((parent, _)) = rest.rsplit_once('/') {
            let look = if parent.is_empty() { "/" } else { parent };
            if let Some(&found) = by_path.get(look)
                && found != child
            {
                above.insert(child, found);
                break;
            }
            rest = parent;
        }
    }
    above
}

/// Orders the nodes so that each comes after what it needs, the smallest key first among the free.
fn order(resources: &[(Key, Resource)], edges: &[Vec<usize>]) -> Result<Vec<usize>, GraphError> {
    let mut needed_by = vec![Vec::new(); resources.len()];
    for (at, needs) in edges.iter().enumerate() {
        for &need in needs {
            needed_by[need].push(at);
        }
    }
    let mut waiting: Vec<usize> = edges.iter().map(Vec::len).collect();
    // Resources are sorted by key, so the smallest index is the smallest key.
    let mut free: BinaryHeap<Reverse<usize>> =
        waiting.iter().enumerate().filter(|(_, count)| **count == 0).map(|(at, _)| Reverse(at)).collect();
    let mut order = Vec::with_capacity(resources.len());
    while let Some(Reverse(at)) = free.pop() {
        order.push(at);
        for &next in &needed_by[at] {
            waiting[next] -= 1;
            if waiting[next] == 0 {
                free.push(Reverse(next));
            }
        }
    }
    if order.len() == resources.len() {
        return Ok(order);
    }
    let left = (0..resources.len()).filter(|&at| waiting[at] > 0);
    Err(GraphError::Cycle(left.map(|at| resources[at].0.clone()).collect()))
}
